/** The texts of findings of studies. */
import type { JudgedClaim, StudyResult, Verdict } from '../../internal.node.js'
import { command } from './invocation.js'

/** A sign and a word for each verdict, so that colour is not needed. */
export const verdictWords: Readonly<Record<Verdict, readonly [sign: string, word: string]>> = {
  holds: ['✓', 'holds'],
  'does-not-hold': ['✗', 'does not hold'],
  inconclusive: ['~', 'inconclusive'],
}

/** `✓ holds`. */
export function verdictText(verdict: Verdict): string {
  return verdictWords[verdict].join(' ')
}

/** `12.3 ± 0.4 points`. */
export function measuredText({ measured, spread, unit }: Pick<JudgedClaim, 'measured' | 'spread' | 'unit'>): string {
  if (measured === null) return 'not run'
  const value = numberText(measured)
  return `${spread === null ? value : `${value} ± ${numberText(spread)}`}${unit && ` ${unit}`}`
}

/** The command that repeats a run of a study. */
export function commandOf({ study, scale, seeds, asked = {} }: StudyResult): string {
  const { epochs, depths, variants = [] } = asked
  return [
    command(`study ${study} --scale ${scale}`),
    ...(scale === 'paper' ? ['--data DIR'] : []),
    `--seeds ${seeds.join(',')}`,
    ...(epochs === undefined ? [] : [`--epochs ${epochs}`]),
    ...(depths === undefined ? [] : [`--depths ${depths.join(',')}`]),
    ...variants.map((name) => `--variant "${name}"`),
  ].join(' ')
}

/** A number with three significant digits and its unit. */
export function numberText(value: number, unit = ''): string {
  const size = Math.abs(value)
  const text =
    value === 0
      ? '0'
      : size >= 1e6 || size < 1e-3
        ? value.toExponential(1).replace('.0e', 'e').replace('e+', 'e')
        : size >= 100
          ? String(Math.round(value))
          : String(Number(value.toPrecision(3)))
  return unit ? `${text} ${unit}` : text
}
