/** Checks a file's tensors against their network: all must be there, no others, each of the right shape. */
import { type Heads, headOf, heads as ownHeads } from '../../model/heads/index.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { DataError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'
import { sameShape, shapeText } from '../../util/shape.js'
import { textTable } from '../../util/table.js'
import type { StateDict } from '../stored-tensor.js'
import type { Tensor } from '../trained-network.js'
import type { Shapes } from './architecture.js'
import { type KeyMap, namedParameters } from './key-maps.js'

/** The most rows in a table of tensors that do not fit. */
const MOST_ROWS = 12

/** Options besides the network that the tensors must fit. */
export interface FitOptions {
  /** The network that they look like. */
  readonly inferred?: NetworkSpec | undefined
  /** The known kinds of heads; default: those of this package. */
  readonly heads?: Heads | undefined
  /** The name of a tensor in the file. */
  readonly shown?: ((name: string) => string) | undefined
  /** A sentence about the part that does not fit. */
  readonly reason?: string | undefined
}

/** Weights by our paths, from tensors that must match the network exactly. */
export function weightsOf(
  dict: StateDict,
  spec: NetworkSpec,
  map: KeyMap,
  who: string,
  options: FitOptions = {},
): Map<string, Tensor> {
  return fitted(dict, spec, map, who, options)()
}

/**
 * The same in two steps: looks at the shapes, and returns a function that reads the numbers.
 * @throws DataError with one table of all tensors that do not fit
 */
export function fitted(
  dict: StateDict,
  spec: NetworkSpec,
  map: KeyMap,
  who: string,
  options: FitOptions = {},
): () => Map<string, Tensor> {
  const parameters = namedParameters(spec, map, options.heads ?? ownHeads)
  expectFit(dict, new Map(parameters.map(({ name, shape }) => [name, shape])), who, spec, options)
  return () =>
    new Map(
      parameters.map(({ path, name, shape }): [string, Tensor] => [path, { shape, data: dict.get(name)!.floats() }]),
    )
}

/** Throws one table of all tensors that do not fit. */
function expectFit(
  dict: StateDict,
  expected: Shapes,
  who: string,
  spec: NetworkSpec,
  { inferred, heads = ownHeads, shown = (name) => name, reason }: FitOptions,
): void {
  const rows: string[][] = []
  for (const [name, shape] of expected) {
    const found = dict.get(name)
    if (!found) rows.push([shown(name), shapeText(shape), 'nothing'])
    else if (!sameShape(found.shape, shape)) rows.push([shown(name), shapeText(shape), shapeText(found.shape)])
  }
  for (const [name, { shape }] of dict) if (!expected.has(name)) rows.push([shown(name), 'nothing', shapeText(shape)])
  if (rows.length === 0) return
  const table = textTable(
    [
      ['tensor', 'expected', 'got'],
      'rule',
      ...rows.slice(0, MOST_ROWS).map((row) => row.map((text) => printable(text, 60))),
    ],
    ['left', 'left', 'left'],
  )
  const more = rows.length > MOST_ROWS ? `\nand ${rows.length - MOST_ROWS} more` : ''
  const other = inferred && inferred.name !== spec.name ? `; they look like those of ${inferred.name}` : ''
  const { length } = headOf(spec.head, heads).answers(spec.head).classes
  const net = length > 0 ? `${spec.name} with ${length} classes` : spec.name
  throw new DataError(
    `${who}: its tensors do not fit ${net}: ${rows.length} of ${expected.size} differ${other}${reason === undefined ? '' : `; ${reason}`}\n${table}${more}`,
  )
}
