/** Moves parameters, running statistics and velocities between an engine and named arrays. */
import type { Executable } from '../engine/engine.js'
import type { Tensor } from '../formats/trained-network.js'
import type { GraphInput } from '../graph/graph.js'
import { DataError } from '../util/errors.js'
import { sameShape, shapeText } from '../util/shape.js'

export type { Tensor }

export async function readWeights(executable: Executable, inputs: readonly GraphInput[]): Promise<Map<string, Tensor>> {
  const weights = new Map<string, Tensor>()
  for (const { name, value } of inputs)
    weights.set(name, { shape: value.type.shape, data: await executable.read(name) })
  return weights
}

/**
 * Writes the given inputs and no others.
 * @param who the start of every error message, such as the name of a file or a network
 * @throws DataError when a tensor is missing, has another shape, or belongs to no input
 */
export function writeWeights(
  executable: Executable,
  inputs: readonly GraphInput[],
  weights: ReadonlyMap<string, Tensor>,
  who: string,
): void {
  const names = new Set(inputs.map(({ name }) => name))
  const extra = [...weights.keys()].find((name) => !names.has(name))
  if (extra !== undefined) throw new DataError(`${who}: tensor ${extra} belongs to no layer of its spec`)
  for (const { name, value } of inputs) {
    const found = weights.get(name)
    if (!found) throw new DataError(`${who}: tensor ${name} is missing`)
    if (!sameShape(found.shape, value.type.shape))
      throw new DataError(
        `${who}: tensor ${name} has shape ${shapeText(found.shape)}, its spec expects ${shapeText(value.type.shape)}`,
      )
    executable.write(name, found.data)
  }
}
