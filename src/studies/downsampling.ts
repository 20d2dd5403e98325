/**
 * Halving maps and doubling widths keeps the cost of a layer. Also: the cost of the shortcut over the change. [He 2015,
 * §3.3]
 */
import { complexity, type LayerCost } from '../model/complexity.js'
import { optionVariants } from './dimensions.js'
import { defineStudy } from './study.js'
import { above, trainVariants, type VariantErrors, variantFigures, variantRows, variantTrainings } from './variants.js'
import { always, atMost } from './verdict.js'

const names = ['A', 'B'] as const

interface StageCost {
  readonly params: number
  readonly macs: number
  readonly acts: number
}

export interface Downsampling {
  readonly errors: readonly VariantErrors[]
  /** Costs per stage, with option A. */
  readonly stages: readonly StageCost[]
  /** Multiply-adds of one inner 3x3 layer, per stage. */
  readonly layer: readonly number[]
  /** Multiply-adds and params of all shortcuts in percent of the whole net: A, B. */
  readonly shortcuts: readonly { readonly macs: number; readonly params: number }[]
}

export const downsampling = defineStudy({
  name: 'downsampling',
  title: 'What does it cost to halve the maps?',
  about:
    'Where maps halve in height and width, widths double: a quarter of the pixels, four times the weights, so that ' +
    'each layer costs the same wherever it stands. The shortcut over the change costs nothing with option A and a ' +
    'small 1x1 convolution with B. The costs are counted layer by layer, and both nets are trained.',
  shrunk: 'ResNet-20 on small pictures; four epochs.',
  claims: {
    'equal-layers': {
      text: 'An inner 3x3 layer has the same multiply-adds in every stage.',
      source: 'He 2015, §3.3 (design rules)',
      expected: 'equal',
    },
    'params-quadruple': {
      text: 'The params of an inner 3x3 layer grow fourfold from stage to stage, and its outputs halve.',
      source: 'He 2015, §3.3',
      expected: '× 4; ÷ 2',
    },
    'shortcuts-are-cheap': {
      text: 'The projections of option B cost less than 2 % of the multiply-adds. The shortcuts of option A cost nothing.',
      source: 'He 2015, §4.1',
      expected: 'little; nothing',
    },
    'a-suffices': {
      text: 'Option A is hardly worse than B.',
      source: 'He 2015, table 3',
      expected: '0.51 points (ImageNet)',
    },
  },

  trainings: (bench) => variantTrainings(bench, optionVariants(bench, names)),

  async measure(bench): Promise<Downsampling> {
    const variants = optionVariants(bench, names)
    const costs = variants.map(({ spec }) => complexity(spec))
    const layers = costs[0]!.layers
    const inner = (stage: number) => layers.find(({ path }) => path === `stage${stage}.block1.conv2`)! // after the stride
    return {
      errors: await trainVariants(bench, variants),
      stages: [1, 2, 3].map((stage) => total(layers.filter(({ path }) => path.startsWith(`stage${stage}.`)))),
      layer: [1, 2, 3].map((stage) => inner(stage).macs),
      shortcuts: costs.map((cost) => {
        const { params, macs } = total(cost.layers.filter(({ path }) => path.includes('.shortcut')))
        return { macs: (100 * macs) / cost.macs, params: (100 * params) / cost.params }
      }),
    }
  },

  judge: ({ errors, stages, layer, shortcuts }) => ({
    'equal-layers': always('multiply-adds of an inner layer are equal in all stages', [
      layer.every((macs) => macs === layer[0]),
    ]),
    'params-quadruple': always(
      'params of the last stage over those of the one before, and outputs, within a fifth of 4 and of 1/2',
      [
        Math.abs(stages[2]!.params / stages[1]!.params - 4) < 0.8,
        Math.abs(stages[2]!.acts / stages[1]!.acts - 0.5) < 0.1,
      ],
    ),
    'shortcuts-are-cheap': always('shortcuts: A none, B below 2 % of the multiply-adds', [
      shortcuts[0]!.macs === 0 && shortcuts[0]!.params === 0,
      shortcuts[1]!.macs < 2,
    ]),
    'a-suffices': atMost('test error of A above that of B', above(errors, 'A', 'B'), 3, 'points'),
  }),

  rows: ({ errors, stages, layer, shortcuts }) => [
    ...variantRows(errors, { A: 25.03, B: 24.52 }),
    ...stages.flatMap(({ params, macs, acts }, i) => [
      { what: `stage ${i + 1}: multiply-adds`, values: [macs / 1e6], unit: 'M', digits: 2 },
      { what: `stage ${i + 1}: of an inner 3x3 layer`, values: [layer[i]! / 1e6], unit: 'M', digits: 3 },
      { what: `stage ${i + 1}: params`, values: [params], unit: '', digits: 0 },
      { what: `stage ${i + 1}: outputs`, values: [acts], unit: '', digits: 0 },
    ]),
    { what: 'shortcuts of B: part of the multiply-adds', values: [shortcuts[1]!.macs], unit: '%', digits: 2 },
    { what: 'shortcuts of B: part of the params', values: [shortcuts[1]!.params], unit: '%', digits: 2 },
  ],

  figures: ({ errors, stages }) => [
    {
      kind: 'bars',
      title: 'Multiply-adds by stage',
      subtitle: 'option A, one picture',
      unit: 'M',
      bars: stages.map(({ macs }, i) => ({ name: `stage ${i + 1}`, tone: 'residual', value: macs / 1e6 })),
    },
    {
      kind: 'bars',
      title: 'Params by stage',
      subtitle: 'option A',
      unit: '',
      bars: stages.map(({ params }, i) => ({ name: `stage ${i + 1}`, tone: 'third', value: params })),
    },
    ...variantFigures(errors, () => 'residual'),
  ],
})

function total(layers: readonly LayerCost[]): StageCost {
  const sum = (pick: (layer: LayerCost) => number) => layers.reduce((all, layer) => all + pick(layer), 0)
  return { params: sum(({ params }) => params), macs: sum(({ macs }) => macs), acts: sum(({ acts }) => acts) }
}
