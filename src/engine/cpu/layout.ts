/**
 * How the CPU engine lays values out in memory, and the way in and out of those layouts at the border, where data is
 * NCHW and weights are OIHW. The layouts are described in `kernel-table.ts`.
 */
import type { Graph, Value } from '../../graph/graph.js'
import type { OpName } from '../../ops/index.js'
import { elements, roundUp } from '../../util/shape.js'

/** Channels stand in blocks of this many, on every instruction set. */
export const BLOCK = 16

/**
 * `plain` as it is; `blocked` activations; `weight` of a convolution; `stemWeight` of a convolution that reads plain
 * pictures; `statistics` [slots, 2, C] with C padded to whole blocks.
 */
export type Layout = 'plain' | 'blocked' | 'weight' | 'stemWeight' | 'statistics'

export type Layouts = (value: Value) => Layout

/** Which inputs and outputs of a node are the pictures, a weight, or laid out like one. */
interface ConvRole {
  readonly x?: number
  readonly weight?: number
  /** First output is laid out as the weight is. */
  readonly makesWeight?: true
}
const convRoles: Partial<Record<OpName, ConvRole>> = {
  conv2d: { x: 0, weight: 1 },
  conv2dActivation: { x: 0, weight: 1 },
  conv2dStatistics: { x: 0, weight: 1 },
  conv2dInputGradient: { weight: 1 },
  conv2dInputGradientAdd: { weight: 1 },
  conv2dWeightGradient: { x: 0, makesWeight: true },
}

/** Finds the layout of every value of a graph. */
export function layoutsOf(graph: Graph): Layouts {
  const layouts = new Map<Value, Layout>()
  for (const value of plainPictures(graph)) layouts.set(value, 'plain')
  for (const { op, inputs, outputs } of graph.nodes) {
    const role = convRoles[op as OpName]
    if (!role) continue
    const kind = role.x !== undefined && layouts.get(inputs[role.x]!) === 'plain' ? 'stemWeight' : 'weight'
    if (role.weight !== undefined && layouts.get(inputs[role.weight]!) !== 'stemWeight')
      layouts.set(inputs[role.weight]!, kind)
    if (role.makesWeight) layouts.set(outputs[0]!, kind)
  }
  for (const { op, inputs, outputs } of graph.nodes) {
    const alike = alikeWeight(op, inputs, outputs)
    const layout = alike
      .map((value) => layouts.get(value))
      .find((known) => known === 'weight' || known === 'stemWeight')
    if (layout) for (const value of alike) layouts.set(value, layout)
    if (op === 'imageStatistics') layouts.set(outputs[0]!, 'statistics')
    if (op === 'conv2dStatistics') layouts.set(outputs[1]!, 'statistics')
  }
  return (value) => layouts.get(value) ?? (value.type.shape.length === 4 ? 'blocked' : 'plain')
}

/** The tensors of a node that are laid out as a weight if one of them is: sums of weights, their updates, folding. */
function alikeWeight(op: string, inputs: readonly Value[], outputs: readonly Value[]): readonly Value[] {
  const count = alikeInputs[op as OpName] ?? 0
  return count === 0 ? [] : [...inputs.slice(0, count), ...(op === 'foldBatchNorm' ? outputs.slice(0, 1) : outputs)]
}

/** How many of the first inputs are laid out as the outputs are. */
const alikeInputs: Partial<Record<OpName, number>> = {
  add: 2,
  scale: 1,
  multiply: 2,
  foldBatchNorm: 1,
  clipByNorm: 1,
  clipByRate: 1,
  sgd: 3,
  adam: 4,
}

/** Pictures with fewer channels than a block stay plain when convolutions are all that reads them. */
function plainPictures(graph: Graph): Value[] {
  return graph.inputs
    .filter(({ role, value }) => role === 'data' && value.type.shape.length === 4 && value.type.shape[1]! < BLOCK)
    .map(({ value }) => value)
    .filter((value) =>
      graph.nodes.every(({ op, inputs }) =>
        inputs.every((input, i) => input !== value || convRoles[op as OpName]?.x === i),
      ),
    )
    .filter((value) => !graph.outputs.some((output) => output.value === value))
}

/** Floats that a value takes in memory; a whole number of blocks. */
export function storedFloats(value: Value, layout: Layout): number {
  const { shape } = value.type
  const blocks = (size: number) => Math.ceil(size / BLOCK)
  const [a, b, c, d] = shape as [number, number, number, number]
  switch (layout) {
    case 'plain':
      return roundUp(elements(shape), BLOCK)
    case 'blocked':
      return a * blocks(b) * c * d * BLOCK
    case 'weight':
      return blocks(a) * blocks(b) * c * d * BLOCK * BLOCK
    case 'stemWeight':
      return blocks(a) * b * c * d * BLOCK
    case 'statistics':
      return a * b * blocks(c) * BLOCK
  }
}

/** From the layout of the field into the engine's. */
export function pack(data: Float32Array, value: Value, layout: Layout): Float32Array {
  if (layout === 'plain') return data
  const out = new Float32Array(storedFloats(value, layout))
  permute(value.type.shape, layout, (from, to) => {
    out[to] = data[from]!
  })
  return out
}

/** From the engine's layout into that of the field. */
export function unpack(data: Float32Array, value: Value, layout: Layout): Float32Array {
  const out = new Float32Array(elements(value.type.shape))
  if (layout === 'plain') out.set(data.subarray(0, out.length))
  else
    permute(value.type.shape, layout, (from, to) => {
      out[from] = data[to]!
    })
  return out
}

/** Calls `visit(index in the field's layout, index in the engine's)` for each element. */
function permute(
  shape: readonly number[],
  layout: Exclude<Layout, 'plain'>,
  visit: (from: number, to: number) => void,
): void {
  const [a, b, c, d = 1] = shape as [number, number, number, number]
  const inner = c * d
  const bBlocks = Math.ceil(b / BLOCK)
  let from = 0
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < inner; k++, from++) {
        const jBlock = Math.floor(j / BLOCK)
        const iBlock = Math.floor(i / BLOCK)
        switch (layout) {
          case 'blocked':
            visit(from, ((i * bBlocks + jBlock) * inner + k) * BLOCK + (j % BLOCK))
            break
          case 'weight':
            visit(from, (((iBlock * bBlocks + jBlock) * inner + k) * BLOCK + (j % BLOCK)) * BLOCK + (i % BLOCK))
            break
          case 'stemWeight':
            visit(from, ((iBlock * b + j) * inner + k) * BLOCK + (i % BLOCK))
            break
          case 'statistics':
            visit(from, (i * b + j) * roundUp(c, BLOCK) + k)
            break
        }
      }
}
