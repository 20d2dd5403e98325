/**
 * Deeper plain nets do worse, even on the pictures they train on; deeper residual nets do not. [He 2015, figures 1 and
 * 6]
 */

import { complexity } from '../model/complexity.js'
import { type ByDepth, depthSeries, depthsOf, depthTrainings, difference, errorsByDepth } from './depths.js'
import { pointOf, type Series } from './figure.js'
import { cifarNet } from './nets.js'
import { defineStudy, type Row } from './study.js'
import { all, always, atLeast, atMost } from './verdict.js'
import type { Workbench } from './workbench.js'

interface Curve {
  readonly name: string
  readonly kind: 'plain' | 'residual'
  readonly depth: number
  /** Means over seeds. */
  readonly points: readonly { readonly step: number; readonly train: number; readonly test: number }[]
}

export interface Degradation {
  readonly plain: readonly ByDepth[]
  readonly residual: readonly ByDepth[]
  readonly curves: readonly Curve[]
  /** Whether twins have equal params and MACs, per depth. */
  readonly equalCost: readonly boolean[]
}

/** Published test errors of residual nets [He 2015, table 6]. Errors of plain nets are estimates from figure 6. */
const residualErrors: Readonly<Record<number, number>> = { 20: 8.75, 32: 7.51, 44: 7.17, 56: 6.97, 110: 6.61 }
const plainErrors: Readonly<Record<number, number>> = { 20: 9, 32: 10, 44: 11, 56: 13 }

/** Margin in points: an error that rises by more is called worse, by less no worse. */
const WORSE = 3
const NO_WORSE = 2

const best = (errors: readonly ByDepth[]) => errors.reduce((a, b) => (sum(b.test) < sum(a.test) ? b : a))
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

/** Every depth is trained without shortcuts and with them. */
const kinds = ['plain', 'residual'] as const

export const degradation = defineStudy({
  name: 'degradation',
  title: 'Does depth hurt?',
  about:
    'A deeper net can do all that a shallower one can: its additional layers need only pass their input on. So more ' +
    'depth should never mean more training error. Plain nets and their residual twins, with equal params and ' +
    'multiply-adds (option A), are trained for equal steps at growing depth.',
  shrunk: 'Four epochs in one cycle instead of 64,000 steps; at most 56 layers.',
  claims: {
    'plain-degrades': {
      text: 'Beyond some depth, more layers make a plain net worse, on training pictures too.',
      source: 'He 2015, figures 1 and 6 (left)',
      expected: 'from 20 to 56 layers about +4 points of test error, training error higher too',
    },
    'plain-falls-first': {
      text: 'Before that, more layers make a plain net better: its error falls and rises again.',
      source: 'lecture; He 2015, §1',
      expected: 'falls, then rises',
    },
    'residual-spared': {
      text: 'More layers do not make a residual net worse.',
      source: 'He 2015, figure 6 (middle), table 6',
      expected: '8.75 % at 20 layers, 6.97 % at 56',
    },
    'depth-effect': {
      text: 'Depth costs the plain nets more than the residual ones (difference of differences at equal steps).',
      source: 'He 2015, §4.2',
      expected: 'about 4 − (−1.8) ≈ 6 points',
    },
    'gain-flattens': {
      text: 'The gain of a residual net from more depth grows smaller with depth.',
      source: 'He 2015, table 6',
      expected: '20 to 32 layers: 1.24 points; 44 to 56: 0.20',
    },
    'equal-cost': {
      text: 'The twins have equal params and multiply-adds.',
      source: 'He 2015, §4.2 (option A)',
      expected: 'equal',
    },
  },

  trainings: (bench) => kinds.flatMap((kind) => depthTrainings(bench, kind, depthsOf(bench))),

  async measure(bench): Promise<Degradation> {
    const depths = depthsOf(bench)
    const plain = await errorsByDepth(bench, 'plain', depths)
    const residual = await errorsByDepth(bench, 'residual', depths)
    const shown = new Set([20, depths[0]!, depths.at(-1)!].filter((depth) => depth >= 20 || depths.length < 3))
    return {
      plain: plain.errors,
      residual: residual.errors,
      curves: [...curvesOf('plain', plain.curves, shown), ...curvesOf('residual', residual.curves, shown)],
      equalCost: depths.map((depth) => sameCost(bench, depth)),
    }
  },

  judge({ plain, residual, equalCost }) {
    const [shallow, deep] = [best(plain), plain.at(-1)!]
    const [first, last] = [residual[0]!, residual.at(-1)!]
    const rise = difference(deep.test, shallow.test)
    const half = residual[Math.floor((residual.length - 1) / 2)]!
    const early = difference(first.test, half.test)
    const late = difference(half.test, last.test)
    const bestResidual = best(residual)
    // Two depths cannot show a minimum.
    const bend = (values: readonly number[]) => (plain.length < 3 ? [] : values)
    return {
      'plain-degrades': all(
        atLeast(
          `test error of the deepest plain net above that of the best, ${shallow.depth} layers`,
          rise,
          WORSE,
          'points',
        ),
        atLeast('the same of training error', difference(deep.train, shallow.train), WORSE, 'points'),
      ),
      'plain-falls-first': all(
        atLeast(
          'test error of the shallowest plain net above that of the best',
          bend(difference(plain[0]!.test, shallow.test)),
          1,
          'points',
        ),
        atLeast('test error of the deepest plain net above that of the best', bend(rise), WORSE, 'points'),
      ),
      'residual-spared': atMost(
        `test error of the deepest residual net above that of the best, ${bestResidual.depth} layers`,
        difference(last.test, bestResidual.test),
        NO_WORSE,
        'points',
      ),
      'depth-effect': atLeast(
        `(plain ${deep.depth} − plain ${plain[0]!.depth}) − (residual ${deep.depth} − residual ${plain[0]!.depth})`,
        difference(difference(deep.test, plain[0]!.test), difference(last.test, first.test)),
        WORSE,
        'points',
      ),
      'gain-flattens': atLeast(
        `gain from ${first.depth} to ${half.depth} layers above that from ${half.depth} to ${last.depth}`,
        bend(difference(early, late)),
        0,
        'points',
      ),
      'equal-cost': always('params and multiply-adds of the twins are equal', equalCost),
    }
  },

  rows: ({ plain, residual }): Row[] => [
    ...plain.flatMap(({ depth, test, train }) => [
      {
        what: `plain-${depth}: test error`,
        published: plainErrors[depth],
        approximate: true,
        values: test,
        unit: '%',
      },
      { what: `plain-${depth}: training error`, values: train, unit: '%' },
    ]),
    ...residual.flatMap(({ depth, test, train }) => [
      { what: `ResNet-${depth}: test error`, published: residualErrors[depth], values: test, unit: '%' },
      { what: `ResNet-${depth}: training error`, values: train, unit: '%' },
    ]),
  ],

  figures: ({ plain, residual, curves }) => [
    {
      kind: 'lines',
      title: 'Error at the end against depth',
      subtitle: 'mean over seeds; thin bars from the least to the largest',
      x: { label: 'layers' },
      y: { label: 'error', unit: '%', from: 0 },
      series: [...depthSeries('plain', 'plain', plain), ...depthSeries('residual', 'residual', residual)],
    },
    ...(['test', 'train'] as const).map((part) => ({
      kind: 'lines' as const,
      title: part === 'test' ? 'Test error against steps' : 'Training error against steps',
      subtitle: part === 'test' ? 'mean over seeds' : 'of the epoch before, augmented; mean over seeds',
      x: { label: 'steps', from: 0 },
      y: { label: 'error', unit: '%', from: 0 },
      series: curves.map(
        ({ name, kind, depth, points }): Series => ({
          name,
          tone: kind,
          dash: depth === curves[0]!.depth ? 'dashed' : 'solid',
          points: points.map((point) => pointOf(point.step, [point[part]])),
        }),
      ),
    })),
  ],
})

type Trainings = Awaited<ReturnType<typeof errorsByDepth>>['curves']

function curvesOf(kind: Curve['kind'], curves: Trainings, shown: ReadonlySet<number>): Curve[] {
  return curves
    .filter(({ depth }) => shown.has(depth))
    .map(({ depth, trained }) => {
      const shortest = trained.reduce((a, b) => (b.history.length < a.history.length ? b : a))
      const mean = (pick: (index: number) => number) => sum(trained.map((_, i) => pick(i))) / trained.length
      return {
        name: `${kind === 'plain' ? 'plain' : 'ResNet'}-${depth}`,
        kind,
        depth,
        points: shortest.history.map(({ step }, epoch) => ({
          step,
          train: mean((i) => trained[i]!.history[epoch]!.train.top1Error),
          test: mean((i) => trained[i]!.history[epoch]!.test?.top1Error ?? 0),
        })),
      }
    })
}

function sameCost(bench: Workbench, depth: number): boolean {
  const [plain, residual] = (['plain', 'residual'] as const).map((kind) => complexity(cifarNet(bench, kind, depth)))
  return plain!.params === residual!.params && plain!.macs === residual!.macs
}
