/** The place of norm and ReLU in a block. [He 2016, table 2] */
import type { Order } from '../spec/spec.js'
import { careful, cifarNet } from './nets.js'
import { defineStudy } from './study.js'
import {
  above,
  trainVariants,
  type Variant,
  type VariantErrors,
  variantFigures,
  variantRows,
  variantTrainings,
} from './variants.js'
import { all, atLeast, atMost } from './verdict.js'
import { at, type Workbench } from './workbench.js'

/** The rows of the table: the name of each order there, and its error with 110 layers. */
const rows = {
  original: { order: 'post', published: 6.61 },
  'BN after addition': { order: 'norm-after-add', published: 8.17 },
  'ReLU before addition': { order: 'relu-before-add', published: 7.84 },
  'ReLU-only pre-activation': { order: 'relu-pre', published: 6.71 },
  'full pre-activation': { order: 'pre', published: 6.37 },
} as const satisfies Record<string, { readonly order: Order; readonly published: number }>
type Name = keyof typeof rows
const names = Object.keys(rows) as Name[]

export interface Activations {
  readonly errors: readonly VariantErrors[]
}

export const activations = defineStudy({
  name: 'activations',
  title: 'Where should norm and ReLU stand?',
  about:
    'The first residual blocks had a ReLU after the addition, so the signal along the shortcuts is cut off at zero ' +
    'once per block. Norm and ReLU before the convolutions of the branch leave the path of shortcuts clean. All ' +
    'five orders of the paper’s table are trained in the same way.',
  shrunk: '32 layers in place of 110 and 164; four epochs.',
  claims: {
    'bn-after-hurts': {
      text: 'A norm after the addition is worse than the original: it changes what travels along the shortcuts.',
      source: 'He 2016, table 2',
      expected: '8.17 % against 6.61 % (110 layers)',
    },
    'relu-before-hurts': {
      text: 'A ReLU before the addition is worse: branches can then only add, never take away.',
      source: 'He 2016, table 2',
      expected: '7.84 % against 6.61 %',
    },
    'relu-only-equal': {
      text: 'ReLU alone before the convolutions changes little.',
      source: 'He 2016, table 2',
      expected: '6.71 % against 6.61 %',
    },
    'full-best': {
      text: 'Full pre-activation is better than the original.',
      source: 'He 2016, table 2',
      expected: '6.37 % against 6.61 %',
    },
  },

  trainings: (bench) => variantTrainings(bench, variantsOf(bench)),

  async measure(bench): Promise<Activations> {
    return { errors: await trainVariants(bench, variantsOf(bench)) }
  },

  judge({ errors }) {
    const behind = (name: Name) => above(errors, name, 'original')
    return {
      'bn-after-hurts': atLeast(
        'test error of BN after addition above the original',
        behind('BN after addition'),
        0.3,
        'points',
      ),
      'relu-before-hurts': atLeast(
        'test error of ReLU before addition above the original',
        behind('ReLU before addition'),
        0.3,
        'points',
      ),
      'relu-only-equal': all(
        atMost(
          'test error of ReLU-only pre-activation above the original',
          behind('ReLU-only pre-activation'),
          1.5,
          'points',
        ),
        atLeast('the same', behind('ReLU-only pre-activation'), -1.5, 'points'),
      ),
      'full-best': atLeast(
        'test error of the original above full pre-activation',
        above(errors, 'original', 'full pre-activation'),
        0.1,
        'points',
      ),
    }
  },

  rows: ({ errors }) => variantRows(errors, Object.fromEntries(names.map((name) => [name, rows[name].published]))),
  figures: ({ errors }) => variantFigures(errors, (name) => (name === 'original' ? 'neutral' : 'residual')),
})

function variantsOf(bench: Workbench): readonly Variant[] {
  const depth = bench.depths?.at(-1) ?? at(bench, { quick: 32, paper: 110 })
  return names.map((name) => {
    const { order } = rows[name]
    const spec = cifarNet(bench, 'residual', depth, { order })
    return { name, spec, recipe: careful(bench, depth) }
  })
}
