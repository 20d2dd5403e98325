/** Made-up measurements for rules: three seeds around a value. */
import { settle } from '../../src/studies/run.js'
import type { AnyStudy } from '../../src/studies/study.js'

/** Three seeds with a standard deviation of `spread`. */
export const seeds = (value: number, spread = 0.1) => [value - spread, value, value + spread]

/** The same of two seeds only: lists of three lose one, but for lists of things that are no seeds. Lists of yes and no are emptied. */
export function twoSeeds<T>(measured: T): T {
  if (Array.isArray(measured)) {
    if (measured.every((item) => typeof item === 'boolean')) return [] as T
    const named = measured.some(
      (item) => typeof item === 'object' && item !== null && ('name' in item || 'macs' in item),
    )
    return measured.slice(measured.length === 3 && !named ? 1 : 0).map(twoSeeds) as T
  }
  if (typeof measured !== 'object' || measured === null) return measured
  return Object.fromEntries(Object.entries(measured).map(([key, value]) => [key, twoSeeds(value)])) as T
}

/** Verdicts by claim. */
export function verdictsOf(study: AnyStudy, measured: unknown): Record<string, string> {
  const copy: unknown = JSON.parse(JSON.stringify(measured)) // as it comes back from results.json
  return Object.fromEntries(settle(study, copy).claims.map(({ id, verdict }) => [id, verdict]))
}

/**
 * Claims that some measurements leave without one of the three verdicts, with those that they reach. The first
 * measurement is also tried with two seeds.
 */
export function unreached(study: AnyStudy, measurements: readonly unknown[]): Record<string, readonly string[]> {
  const found: Record<string, string[]> = {}
  for (const measured of [...measurements, twoSeeds(measurements[0])])
    for (const [id, verdict] of Object.entries(verdictsOf(study, measured)))
      found[id] = [...new Set([...(found[id] ?? []), verdict])]
  return Object.fromEntries(Object.entries(found).filter(([, verdicts]) => verdicts.length < 3))
}
