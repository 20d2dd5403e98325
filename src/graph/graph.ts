/**
 * The intermediate representation: a static, typed, acyclic graph. Values are tensors of known shape. Nodes compute
 * values from values and are stored in an order in which they can run. A graph never changes: passes make new ones.
 * This room knows no operation by name.
 */
import { expectKind, listOf, number } from '../util/expect.js'
import type { Shape } from '../util/shape.js'

/** Floats of 32 bits, or whole numbers of 32 bits. */
export type DType = 'f32' | 'i32'

/** The elements and the sizes of a tensor. */
export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

/** A tensor of the graph: an input of the graph, or an output of a node. Compared by identity. */
export interface Value {
  /** Unique in the graph. Ids rise in the order of creation. */
  readonly id: number
  readonly type: TensorType
}

/** Plain data that configures a node: numbers, booleans, strings, and lists of them. */
export type Attribute = number | boolean | string | readonly Attribute[]
/** The configuration of a node by name. */
export type Attributes = { readonly [name: string]: Attribute }

/** One operation at work on values. */
export interface Node {
  readonly op: string
  readonly attributes: Attributes
  /** The operation itself, where it is one of somebody's own that no table has. */
  readonly own?: object
  readonly inputs: readonly Value[]
  /** Names of the last inputs, which are optional operands. The inputs before them are in the operation's order. */
  readonly named?: readonly string[]
  readonly outputs: readonly Value[]
  /**
   * The place in the network that it belongs to, for example `stage2.block3.conv1`. Used in errors, taps and profiles.
   */
  readonly path: string
}

/**
 * The role of an input: `data`, written for each run (pictures, labels); `scalar`, a number written for each run (the
 * learning rate); `parameter`, learned; `buffer`, running statistics; `optimizer`, its state, for example velocities.
 */
export type InputRole = 'data' | 'scalar' | 'parameter' | 'buffer' | 'optimizer'

/** A value that comes from outside, with its name and its role. */
export interface GraphInput {
  readonly name: string
  readonly role: InputRole
  readonly value: Value
}

/** A value that is given out under a name. */
export interface GraphOutput {
  readonly name: string
  readonly value: Value
}

/** After the run, the input `target` holds the value of `source`. Parameters and running statistics change this way. */
export interface Update {
  readonly target: Value
  readonly source: Value
}

/** Inputs, nodes in an order in which they can be run, outputs, and updates. Plain data, never changed. */
export interface Graph {
  readonly inputs: readonly GraphInput[]
  readonly nodes: readonly Node[]
  readonly outputs: readonly GraphOutput[]
  readonly updates: readonly Update[]
}

const sizes = listOf(number, 'a number an axis')

/** The type of a tensor of floats; without sizes that of a scalar. @throws ConfigError for a size that is no number */
export function f32(...shape: number[]): TensorType {
  expectKind(shape, 'f32: sizes', sizes)
  return { dtype: 'f32', shape }
}

/** The type of a tensor of whole numbers, such as labels. @throws ConfigError for a size that is no number */
export function i32(...shape: number[]): TensorType {
  expectKind(shape, 'i32: sizes', sizes)
  return { dtype: 'i32', shape }
}
