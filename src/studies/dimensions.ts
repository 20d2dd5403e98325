/**
 * Three kinds of shortcut over a change of size: zero padding, projection there, projection everywhere. [He 2015, §4.1]
 */
import { complexity } from '../model/complexity.js'
import type { Shortcut } from '../spec/spec.js'
import { cifarNet, recipeFor } from './nets.js'
import { defineStudy, type Row } from './study.js'
import {
  above,
  trainVariants,
  type Variant,
  type VariantErrors,
  variantFigures,
  variantRows,
  variantTrainings,
} from './variants.js'
import { all, always, atLeast, atMost } from './verdict.js'
import type { Workbench } from './workbench.js'

const options = {
  A: 'pad',
  B: 'project-on-change',
  C: 'project-always',
} as const satisfies Record<string, Shortcut>
type Option = keyof typeof options
const names = Object.keys(options) as Option[]

export interface Dimensions {
  readonly errors: readonly VariantErrors[]
  readonly params: readonly number[]
  readonly macs: readonly number[]
}

/** The net of an option, at the depth whose cost and error are reported. */
export function optionNet(bench: Workbench, option: Option) {
  const depth = bench.depths?.at(-1) ?? 20
  const shortcut = options[option]
  return cifarNet(bench, 'residual', depth, option === 'A' ? {} : { shortcut, name: `resnet${depth}-${option}` })
}

/** The nets of options, trained in the same way. */
export function optionVariants(bench: Workbench, options: readonly Option[]): readonly Variant[] {
  return options.map((name) => ({ name, spec: optionNet(bench, name), recipe: recipeFor(bench) }))
}

export const dimensions = defineStudy({
  name: 'dimensions',
  title: 'How should a shortcut change size?',
  about:
    'Where width doubles and maps halve, the identity does not fit. Option A takes every second pixel and adds zero ' +
    'channels, without parameters; B projects by a learned 1x1 convolution where sizes change; C projects in every ' +
    'block. All else is equal.',
  shrunk: 'ResNet-20 on small pictures in place of ResNet-34 on ImageNet; four epochs.',
  claims: {
    'b-over-a': {
      text: 'Option B is a little better than A.',
      source: 'He 2015, table 3 (ImageNet, 34 layers, 10 crops)',
      expected: '24.52 % against 25.03 %',
    },
    'c-over-b': {
      text: 'Option C is a little better than B.',
      source: 'He 2015, table 3',
      expected: '24.19 % against 24.52 %',
    },
    'not-essential': {
      text: 'The differences among the three are small: projections are not what makes residual nets work.',
      source: 'He 2015, §4.1',
      expected: 'within 0.84 points',
    },
    cost: {
      text: 'A has the fewest params and C the most. The multiply-adds of A and B are nearly equal.',
      source: 'He 2015, §4.1',
      expected: 'A < B < C',
    },
  },

  trainings: (bench) => variantTrainings(bench, optionVariants(bench, names)),

  async measure(bench): Promise<Dimensions> {
    const variants = optionVariants(bench, names)
    const errors = await trainVariants(bench, variants)
    const costs = variants.map(({ spec }) => complexity(spec))
    return { errors, params: costs.map(({ params }) => params), macs: costs.map(({ macs }) => macs) }
  },

  judge({ errors, params, macs }) {
    const pairs = [above(errors, 'A', 'B'), above(errors, 'A', 'C'), above(errors, 'B', 'C')]
    return {
      'b-over-a': atLeast('test error of A above that of B', above(errors, 'A', 'B'), 0.1, 'points'),
      'c-over-b': atLeast('test error of B above that of C', above(errors, 'B', 'C'), 0.1, 'points'),
      'not-essential': all(
        atMost(
          'largest difference of two options',
          pairs[0]!.map((_, i) => Math.max(...pairs.map((pair) => Math.abs(pair[i]!)))),
          5,
          'points',
        ),
      ),
      cost: always('params rise from A to B to C; B needs at most 2 % more multiply-adds than A', [
        params[0]! < params[1]! && params[1]! < params[2]!,
        macs[1]! <= 1.02 * macs[0]!,
      ]),
    }
  },

  rows: ({ errors, params, macs }): Row[] => [
    ...variantRows(errors, { A: 25.03, B: 24.52, C: 24.19 }),
    ...names.flatMap((name, i) => [
      { what: `${name}: params`, values: [params[i]!], unit: '', digits: 0 },
      { what: `${name}: multiply-adds`, values: [macs[i]! / 1e6], unit: 'M', digits: 2 },
    ]),
  ],

  figures: ({ errors }) => variantFigures(errors, () => 'residual'),
})
