/** The tools that turn a node into kernel calls. */
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
  /** The same of an operand or result that may be left out: NONE where it is. */
  given(value: Value | undefined): number
  layout(value: Value): Layout
  /** Floats a value takes in memory, padding included. */
  size(value: Value): number
  /** Whether anybody reads a value: what nobody does need not be computed. */
  isRead(value: Value): boolean
  /** Offset of the node's workspace, in floats; NONE when it has none. */
  readonly workspace: number
}

export interface Lowering<A> {
  /** Floats of workspace the node needs, if any. */
  workspace?(node: Node, attributes: A): number
  emit(node: Node, attributes: A, context: Context): void
}

/** Channels with those that fill the last block. */
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
