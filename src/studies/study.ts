/**
 * A study: claims about residual networks with their sources, the work that tests them, and the rule that
 * judges. A rule and the figures are pure functions of what was measured, so that both can be tried on made-up
 * measurements, and a report can be drawn again from `results.json` alone.
 */
import { callback, expectFields, name, object } from '../util/expect.js'
import type { Figure } from './figure.js'
import type { Finding } from './verdict.js'
import type { Training, Workbench } from './workbench.js'

/** A claim about residual networks. */
export interface Claim {
  /** One sentence that can be wrong. */
  readonly text: string
  /** Paper or lecture, with the figure, table or section. */
  readonly source: string
  /** The finding of the source, in its own figures where there are any. */
  readonly expected: string
}

/** A measured number beside the published one. */
export interface Row {
  readonly what: string
  /** Of the source; left out where it gives none. */
  readonly published?: number | undefined
  /** Read off a figure or from memory: shown with a tilde. */
  readonly approximate?: boolean | undefined
  /** The finding of the source in words, where it gives no number. */
  readonly remark?: string | undefined
  /** One a seed. */
  readonly values: readonly number[]
  readonly unit: string
  /** Decimals to show; default 1. */
  readonly digits?: number | undefined
}

/** Claims, and how they are tried. */
export interface Study<Id extends string = string, Measured = unknown> {
  readonly name: string
  /** A question. */
  readonly title: string
  /** The method and why it tells, in a paragraph for people who have heard the lecture. */
  readonly about: string
  /** The differences from the source at `quick`. */
  readonly shrunk: string
  readonly claims: Readonly<Record<Id, Claim>>
  /**
   * The trainings that `measure` will ask the workbench for, so that people can be told how long all of them take. Of one that
   * begins with weights the spec may be another of the same size.
   */
  trainings?(bench: Workbench): readonly Training[]
  /** Runs it. What it gives is plain JSON. */
  measure(bench: Workbench): Promise<Measured>
  /** The rule: fixed before anything is run. */
  judge(measured: Measured): Readonly<Record<Id, Finding>>
  /** Numbers beside those of the source. */
  rows(measured: Measured): readonly Row[]
  /** The figures of its report. */
  figures(measured: Measured): readonly Figure[]
}

/** Any study: what it measured is its own business. */
// biome-ignore lint/suspicious/noExplicitAny: a list of studies holds studies of different measurements
export type AnyStudy = Study<string, any>

/** Keeps the types of a study without writing them twice. */
export function defineStudy<Id extends string, Measured>(study: Study<Id, Measured>): Study<Id, Measured> {
  expectStudy(study, 'defineStudy: study')
  return study
}

/**
 * @param who the function and its argument, for errors
 * @throws ConfigError for something other than a study
 */
export function expectStudy(value: unknown, who: string): asserts value is AnyStudy {
  const fields = { name, claims: object, measure: callback, judge: callback, rows: callback, figures: callback }
  expectFields(value, who, 'a study, such as defineStudy() gives', fields)
}
