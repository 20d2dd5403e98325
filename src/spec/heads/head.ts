/**
 * A head as plain data. Each kind of head has one file that gives all of this; `index.ts` is the table of them. Whoever
 * needs a head of their own hands in a table with one row more.
 */
import type { Fields } from '../fields.js'
import type { StagePath } from '../paths.js'
import type { AnyHead, StageSpec } from '../spec.js'

/** A part of the network whose maps a head can read: the stem or a stage. */
export type ReadPath = 'stem' | StagePath

/** The part of a trained network's preprocessing that depends on its head. */
export interface Answers {
  /** The names of the classes; none where the head tells no classes apart. */
  readonly classes: readonly string[]
  /** By how much the given pictures can be larger; left out where the head gives none. */
  readonly scales?: readonly number[] | undefined
}

/** One kind of head: all that is asked of it as plain data. */
export interface SpecHead<H extends AnyHead = AnyHead> {
  /** The name of the task that networks with this head are for. */
  readonly task: string
  /**
   * Looks at the fields of a head that came from outside, all of them.
   * @throws ConfigError for the first one that is missing, unknown or without meaning
   */
  check(head: Fields): void
  /** How many of its weighted layers lie on the main path. */
  depth(head: H): number
  /** The same head without shortcuts. */
  plainTwin(head: H): H
  /** The parts of the network whose maps it reads, in the order in which it is built from them. */
  reads(head: H, stages: readonly StageSpec[]): readonly ReadPath[]
  /** The answers that a fresh network gives: classes by number, scales by default. */
  answers(head: H): Answers
  /** Says why the answers that a file names do not fit the head; undefined where they fit. */
  misfit(head: H, stated: { readonly [Field in keyof Answers]: unknown }): string | undefined
  /** The end of a summary's first line, such as `10 classes`. */
  summary(head: H): string
  /** The end of the sentence "this network …". */
  does(head: H): string
  /** The end of the sentence "this network …" for all others, where one with this head is needed. */
  readonly lacks: string
  /** Where to take such a network from, or how to use one, for those who asked for another. */
  readonly instead?: string
  readonly use?: { readonly code: string; readonly shell: string }
}

/** The stage that most heads read: the last one, or the stem where there is none. */
export function lastStage(stages: readonly StageSpec[]): ReadPath {
  return stages.length > 0 ? `stage${stages.length}` : 'stem'
}
