/**
 * A head as plain data. Each kind of head has one file that defines all of this; `index.ts` is the table of them. To
 * add a head of your own, pass a table with one more row.
 */
import { expectKind, list } from '../../util/expect.js'
import type { Fields } from '../fields.js'
import type { SpecLayers } from '../own-layers.js'
import type { StagePath } from '../paths.js'
import type { AnyHead, StageSpec } from '../spec.js'

/** A part of the network whose maps a head can read: the stem or a stage. */
export type ReadPath = 'stem' | StagePath

/** The part of a trained network's preprocessing that depends on its head. */
export interface Answers {
  /** The names of the classes; empty if the head does not classify. */
  readonly classes: readonly string[]
  /** The factors by which pictures can be enlarged; left out if the head is not an upscaling network. */
  readonly scales?: readonly number[] | undefined
}

/** The interface of one kind of head as plain data. */
export interface SpecHead<H extends AnyHead = AnyHead> {
  /** The name of the task that networks with this head are for. */
  readonly task: string
  /**
   * Checks all fields of a head from outside.
   * @throws ConfigError for the first field that is missing, unknown or invalid
   */
  check(head: Fields): void
  /** Number of its weighted layers on the main path. */
  depth(head: H): number
  /** Returns the same head without shortcuts. */
  plainTwin(head: H): H
  /** The parts of the network whose maps it reads, in the order that it builds from. */
  reads(head: H, stages: readonly StageSpec[]): readonly ReadPath[]
  /** The answers of a fresh network: numbered classes, default scales. */
  answers(head: H): Answers
  /** Says why the answers that a file names do not fit the head; undefined if they fit. */
  misfit(head: H, stated: { readonly [Field in keyof Answers]: unknown }): string | undefined
  /** The end of a summary's first line, such as `10 classes`. */
  summary(head: H): string
  /** The end of the sentence "this network …". */
  does(head: H): string
  /** The end of the sentence "this network …" for heads of other kinds, when one of this kind is needed. */
  readonly lacks: string
  /** The layers of your own that branches of its networks may have, by kind. Default none. */
  readonly layers?: SpecLayers | undefined
  /** Advice for users who need this kind of head: where to find such a network, or how to use one. */
  readonly instead?: string
  readonly use?: { readonly code: string; readonly shell: string }
}

/** The stage that most heads read: the last one, or the stem if there is none. */
export function lastStage(stages: readonly StageSpec[]): ReadPath {
  expectKind(stages, 'lastStage: stages', list)
  return stages.length > 0 ? `stage${stages.length}` : 'stem'
}
