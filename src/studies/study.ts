/**
 * A study: claims about residual networks with their sources, the experiment that tests them, and the rule that judges
 * them. The rule and the figures are pure functions of the measurement. So they can be tested on made-up measurements,
 * and a report can be drawn again from `results.json` alone.
 */
import { callback, expectFields, name, object } from '../util/expect.js'
import type { Figure } from './figure.js'
import type { Finding } from './verdict.js'
import type { Training, Workbench } from './workbench.js'

/** A claim about residual networks. */
export interface Claim {
  /** One sentence that can be false. */
  readonly text: string
  /** Paper or lecture, with the figure, table or section. */
  readonly source: string
  /** The finding of the source, with its numbers if it has any. */
  readonly expected: string
}

/** A measured number and the published one. */
export interface Row {
  readonly what: string
  /** The published number; left out if there is none. */
  readonly published?: number | undefined
  /** Whether the published number is an estimate from a figure or from memory. Shown with a tilde. */
  readonly approximate?: boolean | undefined
  /** The finding of the source in words, if it gives no number. */
  readonly remark?: string | undefined
  /** One per seed. */
  readonly values: readonly number[]
  readonly unit: string
  /** Number of decimals to show; default 1. */
  readonly digits?: number | undefined
}

/** Claims, and how they are tested. */
export interface Study<Id extends string = string, Measured = unknown> {
  readonly name: string
  /** A question. */
  readonly title: string
  /** The method and its reason, in a paragraph for people who know the lecture. */
  readonly about: string
  /** The differences from the source at `quick`. */
  readonly shrunk: string
  readonly claims: Readonly<Record<Id, Claim>>
  /**
   * The trainings that `measure` will ask the workbench for, so that the remaining time can be estimated. If a training
   * starts from weights, its spec may be another of the same size.
   */
  trainings?(bench: Workbench): readonly Training[]
  /** Runs the experiment. The result is plain JSON. */
  measure(bench: Workbench): Promise<Measured>
  /** The rule, fixed before anything is run. */
  judge(measured: Measured): Readonly<Record<Id, Finding>>
  /** Measured numbers with the published ones. */
  rows(measured: Measured): readonly Row[]
  /** The figures of its report. */
  figures(measured: Measured): readonly Figure[]
}

/** Any study, whatever it measures. */
// biome-ignore lint/suspicious/noExplicitAny: a list of studies holds studies of different measurements
export type AnyStudy = Study<string, any>

/** Defines a study and infers its types. */
export function defineStudy<Id extends string, Measured>(study: Study<Id, Measured>): Study<Id, Measured> {
  expectStudy(study, 'defineStudy: study')
  return study
}

/**
 * @param who the function and its argument, for errors
 * @throws ConfigError for anything but a study
 */
export function expectStudy(value: unknown, who: string): asserts value is AnyStudy {
  const fields = { name, claims: object, measure: callback, judge: callback, rows: callback, figures: callback }
  expectFields(value, who, 'a study, such as defineStudy() gives', fields)
}
