/**
 * The rules that judge. A rule compares the mean over seeds, plus or minus `sure` standard errors, with a margin. If
 * the margin lies inside that range, the verdict is `inconclusive`. So it is with fewer than three seeds, because their
 * spread says nothing.
 */
import { expectFields, expectKind, finite, list, numbers, text } from '../util/expect.js'

/** The verdicts on a claim. */
export const verdicts = ['holds', 'does-not-hold', 'inconclusive'] as const
/** One of `verdicts`. */
export type Verdict = (typeof verdicts)[number]

/** The finding about a claim. */
export interface Finding {
  /** Mean of the effect over seeds; null if nothing was measured. */
  readonly measured: number | null
  /** Sample standard deviation over seeds; null for fewer than two. */
  readonly spread: number | null
  readonly unit: string
  readonly verdict: Verdict
  /** The effect and the margin in words. */
  readonly rule: string
}

/** Number of seeds from which a spread counts. */
export const LEAST_SEEDS = 3
const SURE = 2

/** Mean of numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Sample standard deviation (n − 1). */
export function deviation(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1))
}

function expectRule(who: string, effect: unknown, values: unknown, margin: unknown, unit: unknown): void {
  expectKind(effect, `${who}: effect`, text)
  expectKind(values, `${who}: values`, numbers)
  expectKind(margin, `${who}: margin`, finite)
  expectKind(unit, `${who}: unit`, text)
}

/** `holds` if the mean over seeds is surely at least the margin, `does-not-hold` if it is surely below it. */
export function atLeast(effect: string, values: readonly number[], margin: number, unit: string): Finding {
  expectRule('atLeast', effect, values, margin, unit)
  return judged(`${effect}: at least ${margin}${unit && ` ${unit}`}`, values, unit, (low, high) =>
    low >= margin ? 'holds' : high < margin ? 'does-not-hold' : 'inconclusive',
  )
}

/** `holds` if the mean over seeds is surely at most the margin, `does-not-hold` if it is surely above it. */
export function atMost(effect: string, values: readonly number[], margin: number, unit: string): Finding {
  expectRule('atMost', effect, values, margin, unit)
  return judged(`${effect}: at most ${margin}${unit && ` ${unit}`}`, values, unit, (low, high) =>
    high <= margin ? 'holds' : low > margin ? 'does-not-hold' : 'inconclusive',
  )
}

/** For exact facts: `holds` if the outcome is true each time. The measure is the share of true outcomes in percent. */
export function always(effect: string, outcomes: readonly boolean[]): Finding {
  expectKind(effect, 'always: effect', text)
  expectKind(outcomes, 'always: outcomes', list)
  const rule = `${effect}: each time`
  if (outcomes.length === 0) return notRun(rule, '%')
  const right = outcomes.filter(Boolean).length
  return {
    measured: (100 * right) / outcomes.length,
    spread: null,
    unit: '%',
    verdict: right === outcomes.length ? 'holds' : 'does-not-hold',
    rule,
  }
}

/** For claims that were not measured: they stay open. */
export function notRun(rule: string, unit: string): Finding {
  expectKind(rule, 'notRun: rule', text)
  expectKind(unit, 'notRun: unit', text)
  return { measured: null, spread: null, unit, verdict: 'inconclusive', rule: `${rule} (not run)` }
}

/**
 * Combines several findings about one claim: it holds if all hold, and fails if one fails. Shows the measure of the
 * first finding that decides.
 */
export function all(...findings: readonly [Finding, ...Finding[]]): Finding {
  for (const finding of findings.length > 0 ? findings : [undefined])
    expectFields(finding, 'all: findings', 'what atLeast() and its kin give', { verdict: text, rule: text })
  const worst =
    findings.find(({ verdict }) => verdict === 'does-not-hold') ??
    findings.find(({ verdict }) => verdict === 'inconclusive') ??
    findings[0]
  return { ...worst, rule: findings.map(({ rule }) => rule).join('; and ') }
}

function judged(
  rule: string,
  values: readonly number[],
  unit: string,
  decide: (low: number, high: number) => Verdict,
): Finding {
  if (values.length === 0 || !values.every(Number.isFinite)) return notRun(rule, unit)
  const centre = mean(values)
  if (values.length < 2) return { measured: centre, spread: null, unit, verdict: 'inconclusive', rule }
  const spread = deviation(values)
  const error = (SURE * spread) / Math.sqrt(values.length)
  const verdict = values.length < LEAST_SEEDS ? 'inconclusive' : decide(centre - error, centre + error)
  return { measured: centre, spread, unit, verdict, rule }
}
