/**
 * What an operation is: its arguments, its shape rule, its cost and its gradient. One file an operation (with its
 * gradient operations beside it); `index.ts` is the total table. Kernels live in the engines.
 */
import type { GraphBuilder } from '../graph/builder.js'
import type { Attributes, TensorType, Value } from '../graph/graph.js'
import { ShapeError } from '../util/errors.js'
import { type Shape, shapeText } from '../util/shape.js'

/** What one evaluation takes. Bytes follow from the types of inputs and outputs, so they are not stated again. */
export interface Cost {
  /** Multiply-adds of convolutions and linear layers; 0 for all else, as the field counts them. */
  readonly macs: number
}

export interface GradientContext<A extends Attributes> {
  readonly attributes: A
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /** The gradient of each output, or undefined where nothing depends on it. */
  readonly outputGradients: readonly (Value | undefined)[]
  /** Whether the gradient of each input is asked for: rules leave out work that nobody needs. */
  readonly needed: readonly boolean[]
  /** Adds a node to the gradient graph, at the path of the node that is differentiated. */
  emit<B extends Attributes>(op: Op<B>, attributes: B, inputs: readonly Value[]): readonly Value[]
}

/** Gives the gradient of each input, undefined for those that have none. */
export type GradientRule<A extends Attributes> = (context: GradientContext<A>) => readonly (Value | undefined)[]

export interface Op<A extends Attributes> {
  readonly name: string
  /**
   * Argument and result names, for errors and documents. Names of arguments that may be left out end in `?`; a last
   * one that ends in `...` stands for one argument or more.
   */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** The shape rule: types of the outputs, or a ShapeError that says what does not fit. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[]
  cost(inputs: readonly TensorType[], outputs: readonly TensorType[], attributes: A): Cost
  /** Takes about a pass over its inputs, so that making its outputs again may be better than keeping them. */
  readonly cheap?: true
  /** Pairs [output, input]: the output may take the input's place in memory, element by element. */
  readonly inPlace?: readonly (readonly [number, number])[]
  /** The rule, or the reason why there is none. */
  readonly gradient: GradientRule<A> | { readonly none: string }
}

/** Keeps the attribute type of a definition without writing it twice. */
export function defineOp<A extends Attributes>(op: Op<A>): Op<A> {
  return op
}

export const noMacs = (): Cost => ({ macs: 0 })

/** Adds a node, inferring its output types. Errors start with the path. */
export function emit<A extends Attributes>(
  builder: GraphBuilder,
  op: Op<A>,
  attributes: A,
  inputs: readonly Value[],
  path: string,
): readonly Value[] {
  try {
    const types = inputs.map((value) => value.type)
    expectCount(op.name, types, op.inputs)
    return builder.node(op.name, attributes, inputs, op.infer(types, attributes), path)
  } catch (error) {
    if (error instanceof ShapeError && path) throw new ShapeError(`${path}: ${error.message}`)
    throw error
  }
}

function expectCount(op: string, inputs: readonly TensorType[], names: readonly string[]): void {
  const least = names.filter((name) => !name.endsWith('?')).length
  const open = names.at(-1)?.endsWith('...') ?? false
  if (inputs.length < least || (inputs.length > names.length && !open))
    throw new ShapeError(
      `${op} takes ${names.length}${open ? ' or more' : ''} inputs (${names.join(', ')}), got ${inputs.length}`,
    )
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
