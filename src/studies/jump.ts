/** The number of layers that a shortcut should pass over. [lecture; He 2015, §3.2; He 2016, table 3] */
import { cifarBasic } from '../spec/families.js'
import { plainTwin } from '../spec/plain-twin.js'
import type { ConvLayer, NetworkSpec } from '../spec/spec.js'
import { fitting, recipeFor } from './nets.js'
import { defineStudy } from './study.js'
import {
  above,
  trainVariants,
  type Variant,
  type VariantErrors,
  variantPoints,
  variantRows,
  variantTrainings,
} from './variants.js'
import { atLeast } from './verdict.js'
import { at, type Workbench } from './workbench.js'

/** Numbers of layers that a shortcut passes over. All divide 36. */
const JUMPS = [1, 2, 3, 4, 9] as const
const LAYERS = 36

export interface Jump {
  readonly errors: readonly VariantErrors[]
}

const nameOf = (jump: number) => `${jump} ${jump === 1 ? 'layer' : 'layers'}`

export const jump = defineStudy({
  name: 'jump',
  title: 'How far should a shortcut jump?',
  about:
    `One stage of ${LAYERS} equal layers, with a shortcut over every one, two, three, four or nine of them, and without any. ` +
    'Over one layer a branch is no more than a linear map before the ReLU; over many, the net is nearly plain ' +
    'between shortcuts. Params, multiply-adds and steps are equal.',
  shrunk: 'One stage of width 16 on small maps; four epochs.',
  claims: {
    'one-is-worse': {
      text: 'A shortcut over a single layer is worse than one over two.',
      source: 'He 2015, §3.2; He 2016, table 3 (110 layers)',
      expected: '9.90 % against 6.61 %',
    },
    'nine-is-worse': {
      text: 'A shortcut over nine layers is worse than one over two.',
      source: 'lecture',
      expected: 'worse',
    },
    'any-beats-none': {
      text: 'Even shortcuts over nine layers are better than none.',
      source: 'lecture',
      expected: 'better',
    },
  },

  trainings: (bench) => variantTrainings(bench, variantsOf(bench)),

  async measure(bench): Promise<Jump> {
    return { errors: await trainVariants(bench, variantsOf(bench)) }
  },

  judge: ({ errors }) => ({
    'one-is-worse': atLeast('test error, one layer above two', above(errors, nameOf(1), nameOf(2)), 0.5, 'points'),
    'nine-is-worse': atLeast('test error, nine layers above two', above(errors, nameOf(9), nameOf(2)), 0.5, 'points'),
    'any-beats-none': atLeast('test error, none above nine layers', above(errors, 'none', nameOf(9)), 0.5, 'points'),
  }),

  rows: ({ errors }) => variantRows(errors, { [nameOf(1)]: 9.9, [nameOf(2)]: 6.61 }),

  figures: ({ errors }) => [
    {
      kind: 'lines',
      title: 'Error by length of the jump',
      subtitle: 'mean over seeds; thin bars from the least to the largest',
      x: { label: 'layers that a shortcut passes over', from: 0 },
      y: { label: 'error', unit: '%', from: 0 },
      series: (['test', 'train'] as const).map((part) => ({
        name: part === 'test' ? 'test' : 'training',
        tone: 'residual' as const,
        dash: part === 'test' ? ('solid' as const) : ('dashed' as const),
        points: variantPoints(
          errors,
          part,
          JUMPS.map((over) => [over, nameOf(over)]),
        ),
      })),
      levels: variantPoints(errors, 'test', [[0, 'none']]).map(({ y }) => ({ y, name: 'no shortcut' })),
    },
  ],
})

/** A net of 36 layers of one width, with a shortcut over every `over` of them. */
export function jumping(bench: Workbench, over: number): NetworkSpec {
  const width = 16
  const { stem, stages, ...template } = cifarBasic({ depth: 8, ...fitting(bench), shortcut: 'pad' })
  const [conv, ...others] = stem
  const branch = Array.from({ length: over }, (): ConvLayer => ({ kind: 'conv', width, kernel: 3 }))
  const block = { ...stages[0]!.blocks[0]!, branch }
  return {
    ...template,
    name: `jump-${over}`,
    // Half the side, so that the whole net costs no more than a ResNet-20.
    stem: [{ ...(conv as ConvLayer), stride: at(bench, { quick: 2, paper: 1 }) }, ...others],
    stages: [{ blocks: Array.from({ length: LAYERS / over }, () => block) }],
  }
}

function variantsOf(bench: Workbench): readonly Variant[] {
  const recipe = recipeFor(bench)
  const jumps = JUMPS.map((over) => ({ name: nameOf(over), spec: jumping(bench, over), recipe }))
  return [...jumps, { name: 'none', spec: plainTwin(jumping(bench, 2)), recipe }]
}
