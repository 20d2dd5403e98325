/** Nets that differ in one thing, trained in the same way and compared, as in the papers' tables. */

import type { NetworkSpec } from '../spec/spec.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import { ConfigError } from '../util/errors.js'
import { difference } from './depths.js'
import { type BarsFigure, barOf, type Point, pointOf, type Tone } from './figure.js'
import type { Row } from './study.js'
import { eachSeed, finalErrors, type Training, type Workbench, withSeeds } from './workbench.js'

/** One row of such a table. */
export interface Variant {
  readonly name: string
  readonly spec: NetworkSpec
  readonly recipe: RecipeOptions
}

/** Errors in percent, one per seed; empty if the variant was not run. */
export interface VariantErrors {
  readonly name: string
  readonly train: readonly number[]
  readonly test: readonly number[]
  /** Number of seeds whose numbers were lost. */
  readonly lost: number
}

/** Published errors by name of the variant; a word if there is no number. */
export type Published = Readonly<Record<string, number | string>>

/**
 * The variants of a study to run: all, unless some were asked for.
 * @throws ConfigError if the study has no variant of a name that was asked for
 */
export function wantedOf({ variants }: Pick<Workbench, 'variants'>, names: readonly string[]): ReadonlySet<string> {
  const plain = (name: string) => name.toLowerCase().replaceAll('×', 'x').replaceAll('−', '-')
  const found = variants?.map((asked) => {
    const name = names.find((other) => plain(other) === plain(asked))
    if (name !== undefined) return name
    throw new ConfigError(`variant ${asked}: there is none of this name here; there are ${names.join('; ')}`)
  })
  return new Set(found ?? names)
}

/** The trainings of the wanted variants. */
export function variantTrainings(bench: Workbench, variants: readonly Variant[]): readonly Training[] {
  const wanted = wantedOf(
    bench,
    variants.map(({ name }) => name),
  )
  return withSeeds(
    bench,
    variants.filter(({ name }) => wanted.has(name)),
  )
}

/** Trains the wanted variants, each with all seeds. */
export async function trainVariants(bench: Workbench, variants: readonly Variant[]): Promise<VariantErrors[]> {
  const wanted = wantedOf(
    bench,
    variants.map(({ name }) => name),
  )
  const results: VariantErrors[] = []
  for (const { name, spec, recipe } of variants) {
    if (!wanted.has(name)) {
      results.push({ name, train: [], test: [], lost: 0 })
      continue
    }
    const trained = await eachSeed(bench, (seed) => bench.train(spec, recipe, seed))
    const finals = trained.map(finalErrors)
    results.push({
      name,
      train: finals.map(({ train }) => train),
      test: finals.map(({ test }) => test),
      lost: trained.filter(({ lost }) => lost !== undefined).length,
    })
  }
  return results
}

export function variantNamed(results: readonly VariantErrors[], name: string): VariantErrors {
  return results.find((result) => result.name === name)!
}

/** Differences of test error (or training error) between two variants, seed by seed. */
export function above(
  results: readonly VariantErrors[],
  one: string,
  other: string,
  part: 'train' | 'test' = 'test',
): number[] {
  return difference(variantNamed(results, one)[part], variantNamed(results, other)[part])
}

export function variantRows(results: readonly VariantErrors[], published: Published = {}): Row[] {
  return results.flatMap(({ name, train, test, lost }) => {
    const known = published[name]
    const what = lost > 0 ? `${name} (numbers lost in ${lost} of ${test.length})` : name
    return [
      {
        what: `${what}: test error`,
        published: typeof known === 'number' ? known : undefined,
        remark: typeof known === 'string' ? known : undefined,
        values: test,
        unit: '%',
      },
      { what: `${name}: training error`, values: train, unit: '%' },
    ]
  })
}

/** The points of variants that were run, with their names. */
export function variantPoints(
  results: readonly VariantErrors[],
  part: 'train' | 'test',
  places: readonly (readonly [x: number, name: string])[],
): Point[] {
  return places.flatMap(([x, name]) => {
    const errors = results.find((result) => result.name === name)?.[part] ?? []
    return errors.length > 0 ? [pointOf(x, errors)] : []
  })
}

/** Test and training error side by side. */
export function variantFigures(results: readonly VariantErrors[], toneOf: (name: string) => Tone): BarsFigure[] {
  return (['test', 'train'] as const).map((part) => ({
    kind: 'bars',
    title: part === 'test' ? 'Test error' : 'Training error',
    subtitle: 'mean over seeds; line from the least to the largest',
    unit: '%',
    bars: results
      .filter(({ test }) => test.length > 0)
      .map((result) => ({ name: result.name, tone: toneOf(result.name), ...barOf(result[part]) })),
  }))
}
