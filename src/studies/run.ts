/** Runs a study on a workbench and applies its rule. */
import { callback, expectFields, list, object, text } from '../util/expect.js'
import type { Figure } from './figure.js'
import type { StudySize } from './size.js'
import { type AnyStudy, type Claim, expectStudy, type Row, type Study } from './study.js'
import type { Finding } from './verdict.js'
import type { Workbench } from './workbench.js'

/** A claim with its verdict. */
export interface JudgedClaim extends Finding, Pick<Claim, 'source' | 'expected'> {
  readonly id: string
  readonly claim: string
}

/** The result of a study, with everything that a report shows. */
export interface StudyResult {
  readonly format: 1
  readonly study: string
  readonly title: string
  readonly about: string
  readonly scale: StudySize
  /** The differences from the source. */
  readonly shrunk: string
  readonly seeds: readonly number[]
  /** The settings that were asked for instead of the study's own. */
  readonly asked?: Pick<Workbench, 'epochs' | 'depths' | 'variants'> | undefined
  readonly data: string
  readonly engine: string
  readonly threads: number
  /** Wall-clock seconds of this run. Parts kept from earlier runs take none. */
  readonly seconds: number
  readonly claims: readonly JudgedClaim[]
  readonly rows: readonly Row[]
  readonly figures: readonly Figure[]
  /** The raw measurements of the study. `judge` and `figures` follow from them. */
  readonly measured: unknown
}

/** Runs a study and judges its claims. */
export async function runStudy(study: AnyStudy, bench: Workbench): Promise<StudyResult> {
  expectStudy(study, 'runStudy: study')
  const does = { data: callback, once: callback, train: callback, createTrainer: callback }
  const fields = { scale: text, seeds: list, engine: object, ...does }
  expectFields(bench, 'runStudy: bench', 'a workbench', fields)
  const began = performance.now()
  // Measurements as they come back from a file, so that a later report is the same.
  const measured: unknown = JSON.parse(JSON.stringify(await study.measure(bench)))
  return {
    ...settle(study, measured),
    format: 1,
    scale: bench.scale,
    shrunk: differences(study, bench),
    seeds: bench.seeds,
    asked: { epochs: bench.epochs, depths: bench.depths, variants: bench.variants },
    data: dataText(bench),
    engine: bench.engine.build,
    threads: bench.engine.threads,
    seconds: (performance.now() - began) / 1000,
    measured,
  }
}

/** Draws the conclusions from a measurement: the verdicts by the study's rule, the rows and the figures. */
export function settle<Id extends string, M>(
  study: Study<Id, M>,
  measured: M,
): Pick<StudyResult, 'study' | 'title' | 'about' | 'claims' | 'rows' | 'figures'> {
  const findings = study.judge(measured)
  const claims = (Object.entries(study.claims) as [Id, Claim][]).map(([id, { text, source, expected }]) => ({
    id,
    claim: text,
    source,
    expected,
    ...findings[id],
  }))
  const { name, title, about } = study
  return { study: name, title, about, claims, rows: study.rows(measured), figures: study.figures(measured) }
}

function differences({ shrunk }: AnyStudy, { scale, epochs, depths, variants }: Workbench): string {
  const parts = scale === 'quick' ? [shrunk] : ['The source’s data and schedule.']
  if (epochs !== undefined) parts.push(`Training was cut to ${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}.`)
  if (depths !== undefined) parts.push(`Only the depths ${depths.join(', ')} were asked for.`)
  if (variants !== undefined) parts.push(`Of the variants, only these were asked for: ${variants.join('; ')}.`)
  return parts.join(' ')
}

function dataText(bench: Workbench): string {
  const { name, train, test } = bench.data(bench.seeds[0]!)
  return `${name}, ${train.width}×${train.height} pixels, ${train.count} pictures to train on and ${test.count} to test on`
}
