/**
 * An operation: its operands and results, its shape rule, its cost and its gradient. Each file defines one operation
 * and its gradient operations; `index.ts` is the total table. Kernels live in the engines.
 */
import type { GraphBuilder } from '../graph/builder.js'
import * as kinds from '../graph/expect.js'
import type { Attributes, Node, TensorType, Value } from '../graph/graph.js'
import type { Refuse } from '../graph/verify.js'
import { ResnetError, ShapeError } from '../util/errors.js'
import { callback, expectFields, expectKind, isRecord, kind, listOf, object, text } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { type Shape, shapeText } from '../util/shape.js'

/** The work of one evaluation. Bytes follow from the types of inputs and outputs and are not stated again. */
export interface Cost {
  /** Multiply-adds of convolutions and linear layers; 0 for all else, as the field counts them. */
  readonly macs: number
}

/** Names of operands. Optional operands end in `?`; a last one that ends in `...` stands for one or more. */
export type Names = readonly string[]

/** The optional operands of an operation by name; `undefined` if left out. */
export type OptionalOperands<N extends Names> = {
  readonly [Name in N[number] as Name extends `${infer Short}?` ? Short : never]?: Value | undefined
}
/** All operands of an operation by name. */
export type Operands<N extends Names> = {
  readonly [Name in N[number] as Name extends `${string}?` ? never : Name]: Value
} & OptionalOperands<N>

/** A node whose gradient is asked for, and the means to add operations. */
export interface GradientContext<A extends Attributes> {
  readonly attributes: A
  /** The operands in the order of the operation; undefined if left out. */
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /** The gradient of each output; undefined if nothing depends on it. */
  readonly outputGradients: readonly (Value | undefined)[]
  /** Whether the gradient of each operand is needed. Rules skip the others. */
  readonly needed: readonly boolean[]
  /** Adds a node to the gradient graph, at the path of the node that is differentiated. */
  emit<B extends Attributes, N extends Names>(
    op: Op<B, N>,
    attributes: B,
    inputs: readonly Value[],
    named?: OptionalOperands<N>,
  ): readonly Value[]
}

/** Returns the gradient of each operand; undefined for operands that have none. */
export type GradientRule<A extends Attributes> = (context: GradientContext<A>) => readonly (Value | undefined)[]

/** Pairs [result, operand]. */
export type Sharing = readonly (readonly [string, string])[]

/** An operation: all that is asked of it but its kernels. */
export interface Op<A extends Attributes, N extends Names = Names> {
  readonly name: string
  readonly inputs: N
  /** Names of the results. A last one that ends in `?` is given only where operands or attributes ask for it. */
  readonly outputs: Names
  /**
   * The shape rule: returns the types of the outputs, or throws a ShapeError that says what does not fit. The types of
   * the operands come in the order of `inputs`; undefined if left out.
   */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[]
  /** The work of one evaluation. */
  cost(inputs: readonly TensorType[], outputs: readonly TensorType[], attributes: A): Cost
  /** Costs about one pass over its inputs, so recomputing its outputs may be better than keeping them. */
  readonly cheap?: true
  /** The results that may take an operand's place in memory, element by element. May depend on the attributes. */
  readonly inPlace?: Sharing | ((attributes: A) => Sharing)
  /** The rule, or the reason why there is none. */
  readonly gradient: GradientRule<A> | { readonly none: string }
}

/** A tensor as kernels of your own see it: dense and row-major, in the layouts of the field (NCHW, OIHW). */
export interface KernelTensor {
  readonly shape: Shape
  /** Whole numbers, such as labels, are stored as float64 too. */
  readonly data: Float64Array
}

/** An operation of your own, which brings the kernel that the reference engine runs. */
export interface OwnOp<A extends Attributes, N extends Names = Names> extends Op<A, N> {
  /**
   * Computes the outputs. Inputs come in the order of `inputs`, undefined where one is left out; outputs come with their
   * shapes and hold anything before.
   */
  kernel(inputs: readonly KernelTensor[], outputs: readonly KernelTensor[], attributes: A): void
}

/**
 * Defines an operation: takes the type of its attributes and infers the names of its operands. Calls are marked as
 * pure, so that bundles leave out unused operations.
 */
export function defineOp<A extends Attributes>() {
  return <const N extends Names>(op: Op<A, N>): Op<A, N> => op
}

export const noMacs = (): Cost => ({ macs: 0 })

/** Names of operands or results without the marks `?` and `...`. */
export function plainNames(names: Names): readonly string[] {
  return names.map((name) => name.replace(/\?$/, ''))
}

/** Values of operands in the order of the operation, undefined if left out. The last of `values` belong to `named`. */
export function placed<T>(op: { readonly inputs: Names }, values: readonly T[], named: readonly string[] = []): T[] {
  if (named.length === 0) return [...values]
  const first = values.length - named.length
  const byName = new Map(named.map((name, i) => [name, values[first + i]]))
  return plainNames(op.inputs).map((name, i) => (i < first ? values[i] : byName.get(name)) as T)
}

const builderKind = kind<GraphBuilder>('a GraphBuilder', (given) => {
  return isRecord(given) && [given.input, given.node, given.build].every((method) => typeof method === 'function')
})
const names = listOf(text, 'a list of names')
const opFields = { name: text, inputs: names, outputs: names, infer: callback }

/**
 * Adds a node, inferring its output types.
 * @throws ShapeError, which starts with the path, if operands or attributes do not fit the operation; ConfigError if an
 * argument is of the wrong kind
 */
export function emit<A extends Attributes, N extends Names>(
  builder: GraphBuilder,
  op: Op<A, N>,
  attributes: A,
  inputs: readonly Value[],
  path: string,
  optional: OptionalOperands<N> = {},
): readonly Value[] {
  expectKind(builder, 'emit: builder', builderKind)
  expectFields(op, 'emit: op', 'an operation: one of `ops`, or what defineOp() gave', opFields)
  expectKind(attributes, 'emit: attributes', kinds.attributes)
  expectKind(inputs, 'emit: inputs', kinds.values)
  expectKind(path, 'emit: path', text)
  expectKind(optional, 'emit: optional', object)
  try {
    const given = optional as Readonly<Record<string, Value | undefined>>
    const named = namedOperands(op, given)
    for (const name of named) expectKind(given[name], `emit: optional.${name}`, kinds.value)
    const all = [...inputs, ...named.map((name) => given[name]!)]
    const types = all.map(({ type }) => type)
    expectOperands(op, inputs.length, Object.keys(given))
    return builder.node(
      ...([op.name, attributes, all, inferred(op, placed(op, types, named), attributes), path, named] as const),
      'kernel' in op ? op : undefined,
    )
  } catch (error) {
    if (error instanceof ShapeError && path) throw new ShapeError(`${path}: ${error.message}`)
    throw error
  }
}

/** The types of an operation's results. A rule of the package that fails was given attributes that it cannot read. */
function inferred<A extends Attributes>(op: Op<A>, types: readonly TensorType[], attributes: A): readonly TensorType[] {
  try {
    return op.infer(types, attributes)
  } catch (error) {
    if (error instanceof ResnetError || 'kernel' in op) throw error
    throw new ShapeError(
      `${op.name}: its shape rule cannot read these attributes (${printable((error as Error).message, 120)}); see the type of its attributes`,
      { cause: error },
    )
  }
}

/** Names of the optional operands that are given, in the order of the operation. */
export function namedOperands(op: { readonly inputs: Names }, given: object): readonly string[] {
  const isGiven = (name: string) => (given as Readonly<Record<string, unknown>>)[name] !== undefined
  return op.inputs.filter((name) => name.endsWith('?') && isGiven(name.slice(0, -1))).map((name) => name.slice(0, -1))
}

/** @throws ShapeError where operands are missing, are too many, or have names that the operation does not know */
function expectOperands(op: { readonly name: string; readonly inputs: Names }, count: number, named: Names): void {
  const needed = op.inputs.filter((name) => !name.endsWith('?'))
  const open = needed.at(-1)?.endsWith('...') ?? false
  if (count < needed.length || (count > needed.length && !open))
    throw new ShapeError(
      `${op.name} takes ${needed.length}${open ? ' or more' : ''} inputs (${needed.join(', ')}), got ${count}`,
    )
  const unknown = named.find((name) => !op.inputs.includes(`${name}?`))
  if (unknown !== undefined) {
    const known = op.inputs.filter((name) => name.endsWith('?')).map((name) => name.slice(0, -1))
    throw new ShapeError(
      `${op.name} has no optional operand "${unknown}"; ${known.length > 0 ? `it has: ${known.join(', ')}` : 'it has none'}`,
    )
  }
}

/** Checks that the operands of a node match the names in its operation. */
export function verifyOperands(op: { readonly name: string; readonly inputs: Names }, node: Node, must: Refuse): void {
  const { named = [], inputs, path } = node
  const given = Object.fromEntries(named.map((name) => [name, true]))
  const ordered = namedOperands(op, given)
  must(
    named.length === ordered.length && named.every((name, i) => name === ordered[i]),
    `${op.name} at ${path} names operands (${named.join(', ')}) that it does not have, or in another order`,
  )
  expectOperands(op, inputs.length - named.length, named)
}

/** Checks the rank of an argument and that it holds floats; returns its shape. */
export function expectRank(op: string, name: string, type: TensorType | undefined, rank: number): Shape {
  if (type?.dtype !== 'f32' || type.shape.length !== rank)
    throw new ShapeError(
      `${op}: ${name} must be an f32 tensor of rank ${rank}, got ${type ? `${type.dtype}[${shapeText(type.shape)}]` : 'none'}`,
    )
  return type.shape
}

/** Checks the exact shape of an argument and that it holds floats. */
export function expectShape(op: string, name: string, type: TensorType | undefined, shape: Shape): void {
  const got = type && `${type.dtype}[${shapeText(type.shape)}]`
  if (got !== `f32[${shapeText(shape)}]`)
    throw new ShapeError(`${op}: ${name} must be f32[${shapeText(shape)}], got ${got ?? 'none'}`)
}
