/**
 * The intermediate representation: a static, typed, acyclic graph. Values are tensors of known shape. Nodes compute
 * values from values and are stored in an order in which they can run. A graph never changes: passes make new ones.
 * This room knows no operation by name.
 */
import type { Shape } from '../util/shape.js'

export type DType = 'f32' | 'i32'

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
export type Attributes = { readonly [name: string]: Attribute }

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

export interface GraphInput {
  readonly name: string
  readonly role: InputRole
  readonly value: Value
}

export interface GraphOutput {
  readonly name: string
  readonly value: Value
}

/** After the run, the input `target` holds the value of `source`. Parameters and running statistics change this way. */
export interface Update {
  readonly target: Value
  readonly source: Value
}

export interface Graph {
  readonly inputs: readonly GraphInput[]
  readonly nodes: readonly Node[]
  readonly outputs: readonly GraphOutput[]
  readonly updates: readonly Update[]
}

export function f32(...shape: number[]): TensorType {
  return { dtype: 'f32', shape }
}

export function i32(...shape: number[]): TensorType {
  return { dtype: 'i32', shape }
}
