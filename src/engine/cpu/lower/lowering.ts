/** Tools to lower a node to kernel calls. */
import type { Node, Value } from '../../../graph/graph.js'
import type { Pair } from '../../../ops/window.js'
import { BLOCK, type Layout } from '../layout.js'
import type { Tape } from '../tape.js'

/** A tensor argument that is left out. */
export const NONE = -1

export interface Context {
  readonly tape: Tape
  /** Offset of a value in the arena, in floats. */
  at(value: Value): number
  /** Offset of an optional operand or result; NONE if it is left out. */
  given(value: Value | undefined): number
  layout(value: Value): Layout
  /** Floats that a value takes in memory, padding included. */
  size(value: Value): number
  /** Whether any node or output reads a value. Others need not be computed. */
  isRead(value: Value): boolean
  /** Offset of the node's workspace, in floats; NONE if it has none. */
  readonly workspace: number
}

export interface Lowering<A> {
  /** Floats of workspace that the node needs, if any. */
  workspace?(node: Node, attributes: A): number
  emit(node: Node, attributes: A, context: Context): void
}

/** The number of channels, rounded up to whole blocks. */
export function padded(channels: number): number {
  return Math.ceil(channels / BLOCK) * BLOCK
}

/** Batch, channels and number of pixels of an activation. */
export function mapOf({ type: { shape } }: Value): { n: number; c: number; size: number } {
  const [n, c, h, w] = shape as [number, number, number, number]
  return { n, c, size: h * w }
}

export function pairs(names: readonly [string, string], [a, b]: Pair): Record<string, number> {
  return { [names[0]]: a, [names[1]]: b }
}
