/** Some blocks of a trained residual net can be swapped. [Veit 2016, §4.3] */
import type { BlockPath } from '../spec/paths.js'
import { parseBlockPath } from '../spec/paths.js'
import { Random } from '../util/random.js'
import { pointOf } from './figure.js'
import { defineStudy } from './study.js'
import { judging, keepingSize, reordered } from './surgeon.js'
import { apartTrainings, trainApart } from './taken-apart.js'
import { atLeast, atMost, mean } from './verdict.js'
import { at, eachSeed, type Trained, type Workbench } from './workbench.js'

interface Reordering {
  readonly swaps: number
  /** Kendall's rank correlation of the new order with the old one. */
  readonly tau: number
  /** Error in percent. */
  readonly error: number
}

export interface Reorder {
  /** One per seed. */
  readonly whole: readonly number[]
  /** A list per seed. */
  readonly trials: readonly (readonly Reordering[])[]
}

const SWAPS = [1, 2, 3, 5, 8, 12, 20, 40]
const CHOICES = { quick: 4, paper: 20 } as const
const PICTURES = { quick: 500, paper: 2000 } as const
/** Rank correlation from which an order counts as nearly kept. */
const NEARLY = 0.9

export const reorder = defineStudy({
  name: 'reorder',
  title: 'Does the order of blocks matter?',
  about:
    'If blocks of a stage refine one representation step by step, rather than each making a new one, a trained net ' +
    'should survive swapping some of them. Pairs of blocks of equal shape are swapped at random, more and more of ' +
    'them, without any training afterwards. Kendall’s tau over all blocks tells how much order is lost: it is 1 for ' +
    'the old order, and 0 if any two blocks stand in either order equally often, which swaps within stages never ' +
    'reach.',
  shrunk: 'A pre-activation net of 56 layers (27 blocks, not 54), trained for six epochs.',
  claims: {
    'bears-a-little': {
      text: 'With a few blocks swapped the error hardly rises.',
      source: 'Veit 2016, figure 5 (b)',
      expected: 'small for tau near 1',
    },
    'rises-with-disorder': {
      text: 'The more the order is lost, the larger the error.',
      source: 'Veit 2016, figure 5 (b)',
      expected: 'rises smoothly as tau falls',
    },
  },

  trainings: (bench) => apartTrainings(bench),

  async measure(bench): Promise<Reorder> {
    const parts = await eachSeed(bench, async (seed) => {
      const trained = await trainApart(bench, seed)
      return bench.once(`reorder ${trained.spec.name} ${seed}`, () => shuffleBlocks(bench, trained))
    })
    return { whole: parts.map(({ whole }) => whole), trials: parts.map(({ trials }) => trials) }
  },

  judge({ whole, trials }) {
    const near = trials.map(
      (list, seed) => mean(list.filter(({ tau }) => tau >= NEARLY).map(({ error }) => error)) - whole[seed]!,
    )
    return {
      'bears-a-little': atMost(`mean rise of the error at tau of ${NEARLY} and more`, near, 10, 'points'),
      'rises-with-disorder': atLeast(
        'correlation of lost order (1 − tau) with error',
        trials.map((list) =>
          correlation(
            list.map(({ tau }) => 1 - tau),
            list.map(({ error }) => error),
          ),
        ),
        0.6,
        '',
      ),
    }
  },

  rows: ({ whole, trials }) => [
    { what: 'in order: error', values: whole, unit: '%' },
    ...SWAPS.map((swaps) => {
      const of = (pick: (trial: Reordering) => number) =>
        trials.map((list) => mean(list.filter((trial) => trial.swaps === swaps).map(pick)))
      const tau = mean(of((trial) => trial.tau)).toFixed(2)
      return {
        what: `${swaps} ${swaps === 1 ? 'swap' : 'swaps'} (tau ${tau})`,
        values: of(({ error }) => error),
        unit: '%',
      }
    }),
  ],

  figures: ({ whole, trials }) => [
    {
      kind: 'lines',
      title: 'Error against lost order',
      subtitle: 'mean over swaps of equal number; thin bars from seed to seed',
      x: { label: '1 − Kendall’s tau', from: 0 },
      y: { label: 'error', unit: '%', from: 0, to: 100 },
      series: [
        {
          name: 'residual',
          tone: 'residual',
          points: [
            pointOf(0, whole),
            ...SWAPS.map((swaps) => {
              const chosen = trials.map((list) => list.filter((trial) => trial.swaps === swaps))
              return pointOf(
                1 - mean(chosen.flat().map(({ tau }) => tau)),
                chosen.map((list) => mean(list.map(({ error }) => error))),
              )
            }).sort((a, b) => a.x - b.x),
          ],
        },
      ],
      levels: [{ y: 90, name: 'guessing' }],
    },
  ],
})

async function shuffleBlocks(bench: Workbench, { spec, seed, checkpoint }: Trained) {
  const { weights } = await checkpoint()
  const paths = keepingSize(spec)
  return judging(bench, spec, seed, at(bench, PICTURES), async (errorOf) => {
    const trials: Reordering[] = []
    for (const swaps of SWAPS)
      for (let choice = 0; choice < at(bench, CHOICES); choice++) {
        const order = swapped(paths, swaps, new Random(seed, swaps, choice))
        trials.push({ swaps, tau: kendallTau(order), error: await errorOf(reordered(weights, paths, order)) })
      }
    return { whole: await errorOf(weights), trials }
  })
}

/** An order of the blocks with random pairs of one stage swapped. */
export function swapped(paths: readonly BlockPath[], swaps: number, random: Random): number[] {
  const order = paths.map((_, index) => index)
  const stageOf = paths.map((path) => parseBlockPath(path).stage)
  const partnersOf = order.map((a) => order.filter((b) => b !== a && stageOf[b] === stageOf[a]))
  const movable = order.filter((a) => partnersOf[a]!.length > 0)
  for (let swap = 0; swap < swaps && movable.length > 0; swap++) {
    const a = movable[random.below(movable.length)]!
    const b = partnersOf[a]![random.below(partnersOf[a]!.length)]!
    ;[order[a], order[b]] = [order[b]!, order[a]!]
  }
  return order
}

/**
 * Kendall's rank correlation of an order of 0 … n − 1 with the sorted one: pairs in order minus pairs out of order,
 * divided by all.
 */
export function kendallTau(order: readonly number[]): number {
  let inOrder = 0
  const pairs = (order.length * (order.length - 1)) / 2
  for (let i = 0; i < order.length; i++) for (let j = i + 1; j < order.length; j++) if (order[i]! < order[j]!) inOrder++
  return (2 * inOrder - pairs) / pairs
}

/** Pearson's correlation of two lists. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const [centreA, centreB] = [mean(a), mean(b)]
  const sum = (f: (i: number) => number) => a.reduce((total, _, i) => total + f(i), 0)
  const both = sum((i) => (a[i]! - centreA) * (b[i]! - centreB))
  return both / Math.sqrt(sum((i) => (a[i]! - centreA) ** 2) * sum((i) => (b[i]! - centreB) ** 2))
}
