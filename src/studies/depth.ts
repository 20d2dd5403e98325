/**
 * Whether a hundred layers train, and a thousand, in the original order and in pre-activation. [He 2015, §4.2; He 2016,
 * table 3]
 */
import { difference } from './depths.js'
import { bottleneckNet, careful, cifarNet } from './nets.js'
import { defineStudy, type Row } from './study.js'
import {
  trainVariants,
  type Variant,
  type VariantErrors,
  variantNamed,
  variantPoints,
  variantTrainings,
} from './variants.js'
import { atLeast, atMost, notRun } from './verdict.js'
import { at, type Workbench } from './workbench.js'

const kinds = ['original', 'pre-activation'] as const

export interface Depth {
  readonly depths: readonly number[]
  readonly errors: readonly VariantErrors[]
}

const published: Readonly<Record<string, number>> = {
  'original 110': 6.61,
  'pre-activation 110': 6.37,
  'original 164': 5.93,
  'pre-activation 164': 5.46,
  'original 1001': 7.61,
  'pre-activation 1001': 4.92,
  'original 1202': 7.93,
}

export const depth = defineStudy({
  name: 'depth',
  title: 'Do a thousand layers train?',
  about:
    'Residual nets are trained far deeper than plain ones ever were. In the original order a ReLU stands after each ' +
    'addition, so that the path of shortcuts is not quite clean; over hundreds of blocks this adds up. Original and ' +
    'pre-activation nets are trained at equal steps, shallow and very deep.',
  shrunk: '20 and 110 layers of basic blocks, three epochs; 164, 1001 and 1202 layers are left to the scale paper.',
  claims: {
    'deep-trains': {
      text: 'The deep pre-activation net does no worse than the shallow one.',
      source: 'He 2016, table 3',
      expected: '4.92 % at 1001 layers, 5.46 % at 164',
    },
    'pre-over-original': {
      text: 'At great depth the pre-activation net is better than the original.',
      source: 'He 2016, table 3',
      expected: '1001 layers: 4.92 % against 7.61 %; 110: 6.37 % against 6.61 %',
    },
    'gap-grows': {
      text: 'The advantage of pre-activation grows with depth (difference of differences).',
      source: 'He 2016, table 3',
      expected: '0.24 points at 110, 2.69 at 1001',
    },
    'thousand-layers': {
      text: 'A thousand layers train: the error of the pre-activation net with 1001 layers is at most that with 164.',
      source: 'He 2016, table 3',
      expected: '4.92 % against 5.46 %',
    },
  },

  trainings: (bench) => variantTrainings(bench, variantsOf(bench)),

  async measure(bench): Promise<Depth> {
    return { depths: depthsOf(bench), errors: await trainVariants(bench, variantsOf(bench)) }
  },

  judge({ depths, errors }) {
    const test = (kind: (typeof kinds)[number], layers: number) => variantNamed(errors, `${kind} ${layers}`).test
    const both = depths.filter((layers) => layers !== 1202)
    const [shallow, deep] = [both[0]!, both.at(-1)!]
    const gap = (layers: number) => difference(test('original', layers), test('pre-activation', layers))
    const thousand = depths.includes(1001) && depths.includes(164)
    const least = 'test error of 1001 layers above that of 164: at most 0 points'
    return {
      'deep-trains': atMost(
        `test error of the pre-activation net, ${deep} layers above ${shallow}`,
        difference(test('pre-activation', deep), test('pre-activation', shallow)),
        2,
        'points',
      ),
      'pre-over-original': atLeast(
        `test error with ${deep} layers, original above pre-activation`,
        gap(deep),
        0.2,
        'points',
      ),
      'gap-grows': atLeast(
        `(original ${deep} − original ${shallow}) − (pre-activation ${deep} − pre-activation ${shallow})`,
        difference(gap(deep), gap(shallow)),
        0.2,
        'points',
      ),
      'thousand-layers': thousand
        ? atMost(least, difference(test('pre-activation', 1001), test('pre-activation', 164)), 0, 'points')
        : notRun(least, 'points'),
    }
  },

  rows: ({ errors }): Row[] =>
    errors.flatMap(({ name, train, test }) => [
      { what: `${name} layers: test error`, published: published[name], values: test, unit: '%' },
      { what: `${name} layers: training error`, values: train, unit: '%' },
    ]),

  figures: ({ depths, errors }) => [
    {
      kind: 'lines',
      title: 'Test error by depth',
      subtitle: 'mean over seeds; thin bars from the least to the largest',
      x: { label: 'layers', log: true },
      y: { label: 'error', unit: '%', from: 0 },
      series: kinds.map((kind) => ({
        name: kind,
        tone: kind === 'original' ? ('neutral' as const) : ('residual' as const),
        dash: kind === 'original' ? ('dashed' as const) : ('solid' as const),
        points: variantPoints(
          errors,
          'test',
          depths.map((layers) => [layers, `${kind} ${layers}`]),
        ),
      })),
    },
  ],
})

/** Nets of 164 and 1001 layers have bottlenecks, all others basic blocks. */
function netOf(bench: Workbench, kind: (typeof kinds)[number], layers: number): Variant {
  const as = kind === 'original' ? 'residual' : 'pre-activation'
  const spec = layers === 164 || layers === 1001 ? bottleneckNet(bench, as, layers) : cifarNet(bench, as, layers)
  return { name: `${kind} ${layers}`, spec, recipe: careful(bench, layers, {}, 3) }
}

function depthsOf(bench: Workbench): readonly number[] {
  return bench.depths ?? at(bench, { quick: [20, 110], paper: [110, 164, 1001, 1202] })
}

function variantsOf(bench: Workbench): readonly Variant[] {
  return depthsOf(bench).flatMap((layers) =>
    kinds.filter((kind) => !(kind === 'pre-activation' && layers === 1202)).map((kind) => netOf(bench, kind, layers)),
  )
}
