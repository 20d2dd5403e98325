/** Plain and residual nets by depth. Several studies train and share them. */
import { pointOf, type Series } from './figure.js'
import { careful, cifarNet } from './nets.js'
import { at, eachSeed, finalErrors, type Trained, type Training, type Workbench, withSeeds } from './workbench.js'

/** Errors in percent, by depth. */
export interface ByDepth {
  readonly depth: number
  /** One per seed. */
  readonly train: readonly number[]
  readonly test: readonly number[]
}

/** The depths of the papers' figures. */
export function depthsOf(bench: Workbench): readonly number[] {
  return bench.depths ?? at(bench, { quick: [8, 14, 20, 32, 44, 56], paper: [20, 32, 44, 56, 110] })
}

/** The trainings of plain or residual nets of some depths with all seeds, by the recipe that all depths share. */
export function depthTrainings(
  bench: Workbench,
  kind: 'plain' | 'residual',
  depths: readonly number[],
): readonly Training[] {
  return withSeeds(
    bench,
    depths.map((depth) => ({ spec: cifarNet(bench, kind, depth), recipe: careful(bench, depth) })),
  )
}

/** Trains a plain or residual net of a depth by the recipe that all depths share. */
export function trainDepth(
  bench: Workbench,
  kind: 'plain' | 'residual',
  depth: number,
  seed: number,
): Promise<Trained> {
  return bench.train(cifarNet(bench, kind, depth), careful(bench, depth), seed)
}

export async function errorsByDepth(
  bench: Workbench,
  kind: 'plain' | 'residual',
  depths: readonly number[],
): Promise<{ readonly errors: ByDepth[]; readonly curves: { readonly depth: number; readonly trained: Trained[] }[] }> {
  const errors: ByDepth[] = []
  const curves: { depth: number; trained: Trained[] }[] = []
  for (const depth of depths) {
    const trained = await eachSeed(bench, (seed) => trainDepth(bench, kind, depth, seed))
    const finals = trained.map(finalErrors)
    errors.push({ depth, train: finals.map(({ train }) => train), test: finals.map(({ test }) => test) })
    curves.push({ depth, trained })
  }
  return { errors, curves }
}

/** The two lines of a kind of net. The training error is dashed. */
export function depthSeries(name: string, tone: Series['tone'], errors: readonly ByDepth[]): Series[] {
  return [
    { name: `${name}, test`, tone, points: errors.map(({ depth, test }) => pointOf(depth, test)) },
    {
      name: `${name}, training`,
      tone,
      dash: 'dashed',
      points: errors.map(({ depth, train }) => pointOf(depth, train)),
    },
  ]
}

/** Differences a − b, seed by seed. */
export function difference(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value - b[i]!)
}
