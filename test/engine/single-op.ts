/** Graphs of one operation, with data for their inputs: what the numerical checks and the engine tests run on. */
import { GraphBuilder } from '../../src/graph/builder.js'
import type { Attributes, Graph, InputRole, TensorType } from '../../src/graph/graph.js'
import { type AttributesOf, type OpName, ops } from '../../src/ops/index.js'
import { emit, type Op, plainNames } from '../../src/ops/op.js'
import type { OptionalOperandsOf } from '../../src/ops/operands.js'
import { Random } from '../../src/util/random.js'
import { elements, shapeText } from '../../src/util/shape.js'

/** Fills a tensor with numbers that a float32 holds exactly. */
export type Fill = (count: number, random: Random) => Float32Array | Int32Array

const fillWith =
  (next: (random: Random, i: number) => number): Fill =>
  (count, random) =>
    Float32Array.from({ length: count }, (_, i) => next(random, i))

/** Mean 0 and standard deviation 1, unless told. */
export const normal = (mean = 0, deviation = 1): Fill => fillWith((random) => mean + deviation * random.normal())
/** From 0.5 to 1.5: variances, scales. */
export const positive: Fill = fillWith((random) => 0.5 + random.uniform())
/** Whole numbers from −2 to 2: many ties. */
export const ties: Fill = fillWith((random) => random.between(-2, 2))
/** Magnitudes from 0.2 to 1.2: away from the kink of ReLU. */
export const awayFromZero: Fill = fillWith((random) => (0.2 + random.uniform()) * (random.below(2) ? 1 : -1))
export const constant = (value: number): Fill => fillWith(() => value)
/** Values that are at least 0.01 apart, in random order: away from the kinks of max pooling. */
export const distinct: Fill = (count, random) => random.shuffle(Float32Array.from({ length: count }, (_, i) => i / 64))
/** Class numbers. */
export const labels =
  (classes: number): Fill =>
  (count, random) =>
    Int32Array.from({ length: count }, () => random.below(classes))

export interface Argument {
  readonly type: TensorType
  readonly fill: Fill
  /** By default `data`. */
  readonly role?: InputRole
}

export interface SingleOp {
  readonly op: OpName
  /** The operation, shapes and attributes, for example `conv2d 2x3x9x9 5x3x3x3 stride=(2,2) …`. */
  readonly title: string
  /** Inputs and outputs are named as the operation names them. */
  readonly graph: Graph
  /** Makes the data of the inputs, the same at each call. */
  inputs(): Map<string, Float32Array | Int32Array>
}

/** @param optional operands that the operation can do without, by name */
export function singleOp<Name extends OpName>(
  name: Name,
  attributes: AttributesOf<Name>,
  given: readonly Argument[],
  optional: { readonly [Operand in keyof OptionalOperandsOf<Name>]?: Argument | undefined } = {},
): SingleOp {
  const op = ops[name] as unknown as Op<Attributes>
  const extra = Object.entries(optional as Record<string, Argument | undefined>).flatMap(([operand, argument]) =>
    argument ? [[operand, argument] as const] : [],
  )
  const names = argumentNames(op.inputs, given.length)
  const all = [...given.map((argument, i) => [names[i]!, argument] as const), ...extra]
  const builder = new GraphBuilder()
  const values = new Map(
    all.map(([operand, { type, role = 'data' }]) => [operand, builder.input(operand, role, type)] as const),
  )
  const byName = Object.fromEntries(extra.map(([operand]) => [operand, values.get(operand)!]))
  const inputs = given.map((_, i) => values.get(names[i]!)!)
  emit(builder, op, attributes as Attributes, inputs, 'test', byName).forEach((value, i) => {
    builder.output(plainNames(op.outputs)[i]!, value)
  })
  const settings = Object.entries(attributes).map(([key, value]) => `${key}=${settingText(value)}`)
  const shapes = given.map(({ type }) => shapeText(type.shape))
  const more = extra.map(([operand, { type }]) => `${operand}=${shapeText(type.shape)}`)
  const title = [name, ...shapes, ...more, ...settings].join(' ')
  return {
    op: name,
    title,
    graph: builder.build(),
    inputs: () =>
      new Map(all.map(([operand, { type, fill }], i) => [operand, fill(elements(type.shape), new Random(20, i))])),
  }
}

function settingText(value: unknown): string {
  return Array.isArray(value) ? `(${value.join(',')})` : String(value)
}

/** Names of `count` arguments: `x...` stands for x0, x1 and so on. */
function argumentNames(names: readonly string[], count: number): readonly string[] {
  const needed = names.filter((name) => !name.endsWith('?'))
  const last = needed.at(-1)
  if (!last?.endsWith('...')) return needed
  const more = Array.from({ length: count - needed.length + 1 }, (_, i) => last.replace('...', String(i)))
  return [...needed.slice(0, -1), ...more]
}
