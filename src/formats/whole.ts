/** Checks before writing that a network is complete, so that the file can be read again. */
import { forwardGraph } from '../model/forward.js'
import { type Heads, heads as ownHeads } from '../model/heads/index.js'
import { parametersOf } from '../model/parameters.js'
import { DataError, ResnetError } from '../util/errors.js'
import { sameShape, shapeText } from '../util/shape.js'
import { checkPreprocessing, type TrainedNetwork } from './trained-network.js'

/** Files of this size or larger cannot be read here, and an ONNX model cannot be so large. */
const TOO_LARGE = 2 ** 31
/** Room for names and metadata besides the weights. */
const ROOM = 2 ** 24

/**
 * Checks a network against its spec: every parameter and running statistic in its shape, no others, and a preprocessing
 * that fits.
 * @throws DataError, naming the network, if something is missing, does not fit, or is too large for a file
 */
export function expectWhole({ spec, preprocessing, weights }: TrainedNetwork, heads: Heads = ownHeads): void {
  const wrong = (what: string) => new DataError(`${spec.name}: ${what}; nothing is written`)
  const expected = parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference', heads }))
  let bytes = 0
  for (const { path, shape } of expected) {
    const found = weights.get(path)
    if (!found) throw wrong(`its weights lack ${path}`)
    const count = shape.reduce((a, b) => a * b, 1)
    if (!sameShape(found.shape, shape) || found.data.length !== count)
      throw wrong(
        `its weights hold ${path} with shape ${shapeText(found.shape)} and ${found.data.length} numbers, its spec expects ${shapeText(shape)}`,
      )
    bytes += 4 * count
  }
  const known = new Set(expected.map(({ path }) => path))
  const extra = [...weights.keys()].find((path) => !known.has(path))
  if (extra !== undefined) throw wrong(`its weights hold ${extra}, which belongs to no layer of its spec`)
  if (bytes > TOO_LARGE - ROOM)
    throw wrong(`its weights take ${bytes} bytes, but neither this package nor ONNX reads files of 2 GiB or more`)
  try {
    checkPreprocessing(preprocessing, spec, heads)
  } catch (error) {
    if (error instanceof ResnetError) throw wrong(error.message)
    throw error
  }
}
