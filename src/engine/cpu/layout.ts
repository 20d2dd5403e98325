/**
 * Memory layouts of the CPU engine, and conversion from and to NCHW data and OIHW weights, which callers use.
 * `kernel-table.ts` describes the layouts.
 */
import type { Attribute, Graph, Node, Value } from '../../graph/graph.js'
import { type OpName, opOf } from '../../ops/index.js'
import { plainNames } from '../../ops/op.js'
import { operandsOf } from '../../ops/operands.js'
import { elements, roundUp } from '../../util/shape.js'
import { connections } from './groups.js'

/** Channels per block, on every instruction set. */
export const BLOCK = 16

/**
 * `plain`: unchanged; `blocked`: activations; `weight`: of a convolution, with its groups if more than one;
 * `stemWeight`: of a convolution that reads plain pictures; `winogradWeight`: transformed; `statistics`: [slots, 2, C]
 * with C padded to whole blocks.
 */
export type Layout = 'plain' | 'blocked' | 'weight' | GroupedWeight | 'stemWeight' | 'winogradWeight' | 'statistics'

export interface GroupedWeight {
  readonly groups: number
}

/** Whether a value with this layout is a convolution's weight, or laid out like one. */
export function isWeight(layout: Layout | undefined): boolean {
  return layout === 'weight' || layout === 'stemWeight' || typeof layout === 'object'
}

export type Layouts = (value: Value) => Layout

/** The pictures and the weight of a convolution or one of its gradients. Each decides on the other's layout. */
interface ConvRole {
  /** The pictures, if they are read without a norm. */
  readonly x?: Value | undefined
  readonly weight: Value
}

function convRole(node: Node): ConvRole | undefined {
  switch (node.op as OpName) {
    case 'conv2d': {
      const { x, weight, normScale } = operandsOf('conv2d', node)
      return { x: normScale ? undefined : x, weight }
    }
    case 'conv2dInputGradient':
      return { weight: operandsOf('conv2dInputGradient', node).weight }
    case 'conv2dWeightGradient': {
      const { x, normScale } = operandsOf('conv2dWeightGradient', node)
      return { x: normScale ? undefined : x, weight: node.outputs[0]! }
    }
    case 'winogradWeight':
      return { weight: operandsOf('winogradWeight', node).weight }
    default:
      return undefined
  }
}

/** Results that hold statistics or sums of parts. */
const statisticsNames = ['statistics', 'sums']

function statisticsOf(node: Node): readonly Value[] {
  const names = plainNames(opOf(node).outputs)
  return node.outputs.filter((_, i) => statisticsNames.includes(names[i]!))
}

/** Finds the layout of every value of a graph. */
export function layoutsOf(graph: Graph): Layouts {
  const layouts = new Map<Value, Layout>()
  for (const value of plainPictures(graph)) layouts.set(value, 'plain')
  for (const node of graph.nodes) {
    const role = convRole(node)
    if (!role) continue
    const { attributes } = node
    const isStem = role.x !== undefined && layouts.get(role.x) === 'plain'
    const kind = isStem ? 'stemWeight' : attributes.winograd ? 'winogradWeight' : weightLayout(attributes)
    if (layouts.get(role.weight) !== 'stemWeight') layouts.set(role.weight, kind)
  }
  for (const node of graph.nodes) {
    const alike = alikeWeight(node.op, node.inputs, node.outputs)
    const layout = alike.map((value) => layouts.get(value)).find(isWeight)
    if (layout) for (const value of alike) layouts.set(value, layout)
    if (node.op === 'winogradWeight') layouts.set(node.outputs[0]!, 'winogradWeight')
    for (const value of statisticsOf(node)) layouts.set(value, 'statistics')
  }
  return (value) => layouts.get(value) ?? (value.type.shape.length === 4 ? 'blocked' : 'plain')
}

/** Layout of the weight of a convolution with these attributes that reads a blocked tensor. */
export function weightLayout({ groups = 1 }: { readonly groups?: Attribute }): 'weight' | GroupedWeight {
  return groups === 1 ? 'weight' : { groups: groups as number }
}

/**
 * The tensors of a node that have the layout of a weight if one of them has: sums of weights, their updates, folding.
 */
function alikeWeight(op: string, inputs: readonly Value[], outputs: readonly Value[]): readonly Value[] {
  const count = alikeInputs[op as OpName] ?? 0
  return count === 0 ? [] : [...inputs.slice(0, count), ...(op === 'foldBatchNorm' ? outputs.slice(0, 1) : outputs)]
}

/** Number of first inputs that have the same layout as the outputs. */
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

/** Pictures with fewer channels than a block stay plain if only convolutions of one group read them. */
function plainPictures(graph: Graph): Value[] {
  return graph.inputs
    .filter(({ role, value }) => role === 'data' && value.type.shape.length === 4 && value.type.shape[1]! < BLOCK)
    .map(({ value }) => value)
    .filter((value) =>
      graph.nodes.every(
        (node) =>
          !node.inputs.includes(value) ||
          (convRole(node)?.x === value &&
            node.inputs.filter((input) => input === value).length === 1 &&
            weightLayout(node.attributes) === 'weight'),
      ),
    )
    .filter((value) => !graph.outputs.some((output) => output.value === value))
}

/** Floats that a value takes in memory; a whole number of blocks. */
export function storedFloats(value: Value, layout: Layout): number {
  const { shape } = value.type
  const blocks = (size: number) => Math.ceil(size / BLOCK)
  const [a, b, c, d] = shape as [number, number, number, number]
  if (typeof layout === 'object') {
    const { most } = connections(a, b * layout.groups, layout.groups)
    return blocks(a) * most * c * d * BLOCK * BLOCK
  }
  switch (layout) {
    case 'plain':
      return roundUp(elements(shape), BLOCK)
    case 'blocked':
      return a * blocks(b) * c * d * BLOCK
    case 'weight':
    case 'winogradWeight':
      return blocks(a) * blocks(b) * c * d * BLOCK * BLOCK
    case 'stemWeight':
      return blocks(a) * b * c * d * BLOCK
    case 'statistics':
      return a * b * blocks(c) * BLOCK
  }
}

/** Converts from the field's layout to the engine's. */
export function pack(data: Float32Array, value: Value, layout: Layout): Float32Array {
  if (layout === 'plain') return data
  const out = new Float32Array(storedFloats(value, layout))
  forEachRun(value.type.shape, layout, (from, to, length, step) => {
    for (let k = 0; k < length; k++) out[to + k * step] = data[from + k]!
  })
  return out
}

/** Converts from the engine's layout to the field's. */
export function unpack(data: Float32Array, value: Value, layout: Layout): Float32Array {
  const out = new Float32Array(elements(value.type.shape))
  if (layout === 'plain') out.set(data.subarray(0, out.length))
  else
    forEachRun(value.type.shape, layout, (from, to, length, step) => {
      for (let k = 0; k < length; k++) out[from + k] = data[to + k * step]!
    })
  return out
}

/** `length` elements from `from` on in the field's layout lie at `to`, `to + step`, … in the engine's. */
type Visit = (from: number, to: number, length: number, step: number) => void

/** Visits all elements of a tensor, those of one map or one kernel at a time. */
function forEachRun(shape: readonly number[], layout: Exclude<Layout, 'plain'>, visit: Visit): void {
  const [a, b, c, d = 1] = shape as [number, number, number, number]
  const inner = c * d
  if (typeof layout === 'object') {
    forEachRunOfGroups([a, b, inner], layout.groups, visit)
    return
  }
  const [aBlocks, bBlocks] = [Math.ceil(a / BLOCK), Math.ceil(b / BLOCK)]
  const [row, square] = [BLOCK, BLOCK * BLOCK]
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++) {
      const [iBlock, jBlock] = [Math.floor(i / BLOCK), Math.floor(j / BLOCK)]
      const [iRest, jRest] = [i % BLOCK, j % BLOCK]
      const from = (i * b + j) * inner
      switch (layout) {
        case 'blocked':
          visit(from, (i * bBlocks + jBlock) * inner * row + jRest, inner, row)
          break
        case 'weight':
          visit(from, (iBlock * bBlocks + jBlock) * inner * square + jRest * BLOCK + iRest, inner, square)
          break
        case 'winogradWeight':
          visit(from, (iBlock * bBlocks + jBlock) * square + jRest * BLOCK + iRest, inner, aBlocks * bBlocks * square)
          break
        case 'stemWeight':
          visit(from, (iBlock * b + j) * inner * row + iRest, inner, row)
          break
        case 'statistics':
          visit(from, (i * b + j) * roundUp(c, BLOCK), inner, 1)
          break
      }
    }
}

/**
 * The same for a weight of several groups: an input block is counted from the first one that its output block reads.
 */
function forEachRunOfGroups(
  [outputs, deep, inner]: readonly [number, number, number],
  groups: number,
  visit: Visit,
): void {
  const { span, most } = connections(outputs, deep * groups, groups)
  let from = 0
  for (let o = 0; o < outputs; o++) {
    const block = Math.floor(o / BLOCK)
    const first = Math.floor((o * groups) / outputs) * deep // input channel of the group
    for (let i = first; i < first + deep; i++, from += inner) {
      const plane = block * most + Math.floor(i / BLOCK) - span(block).from
      visit(from, (plane * inner * BLOCK + (i % BLOCK)) * BLOCK + (o % BLOCK), inner, BLOCK * BLOCK)
    }
  }
}
