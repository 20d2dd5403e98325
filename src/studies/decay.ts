/** Whether a residual net needs weight decay, with and without norms, compared with a plain net. [lecture] */
import type { NetworkSpec, StemLayer } from '../spec/spec.js'
import { bareRecipe, cifarNet, recipeFor } from './nets.js'
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
import { atLeast, atMost } from './verdict.js'
import { at, type Workbench } from './workbench.js'

const DECAYS = [0, 1e-4, 5e-3] as const

export interface Decay {
  readonly errors: readonly VariantErrors[]
}

const nameOf = (kind: string, norm: boolean, decay: number) => `${kind}, ${norm ? 'norm' : 'no norm'}, ${decay}`

export const decay = defineStudy({
  name: 'decay',
  title: 'Does a ResNet need weight decay?',
  about:
    'Weight decay pulls weights to zero. In a residual block zero means “pass the input on”; in a plain layer it ' +
    'means “pass nothing on”. With norms the size of the weights does not matter, and decay only changes the size of ' +
    'steps relative to them. Plain and residual nets, with and without norms, are trained with no decay, with the ' +
    'papers’ 1e-4, and with fifty times as much.',
  shrunk: 'Nets of 14 layers, four epochs: too short for decay to do all it can.',
  claims: {
    'can-do-without': {
      text: 'A ResNet with norms trains about as well without weight decay.',
      source: 'lecture',
      expected: 'trains',
    },
    'strong-decay-kills-plain': {
      text: 'Without norms, strong decay harms the plain net more than the residual one.',
      source: 'lecture; He 2015, §3.1 (zero is the identity)',
      expected: 'plain dies',
    },
    'norm-shields': {
      text: 'With norms the residual net tolerates strong decay.',
      source: 'lecture; Ioffe 2015, §3.3 (scale invariance)',
      expected: 'little harm',
    },
  },

  trainings: (bench) => variantTrainings(bench, variantsOf(bench)),

  async measure(bench): Promise<Decay> {
    return { errors: await trainVariants(bench, variantsOf(bench)) }
  },

  judge({ errors }) {
    const harm = (kind: string, norm: boolean, weightDecay: number) =>
      above(errors, nameOf(kind, norm, weightDecay), nameOf(kind, norm, 0))
    const [plain, residual] = [harm('plain', false, 5e-3), harm('residual', false, 5e-3)]
    return {
      'can-do-without': atMost(
        'test error of the residual net with norms, no decay above decay of 1e-4',
        harm('residual', true, 1e-4).map((value) => 0 - value),
        2,
        'points',
      ),
      'strong-decay-kills-plain': atLeast(
        'harm of decay 5e-3 to the plain net without norms above that to the residual one',
        plain.map((value, i) => value - residual[i]!),
        3,
        'points',
      ),
      'norm-shields': atMost(
        'harm of decay 5e-3 to the residual net with norms',
        harm('residual', true, 5e-3),
        3,
        'points',
      ),
    }
  },

  rows: ({ errors }) => variantRows(errors),
  figures: ({ errors }) => variantFigures(errors, (name) => (name.startsWith('plain') ? 'plain' : 'residual')),
})

/** The net without norms. Its convolutions have biases instead. */
export function bare(spec: NetworkSpec): NetworkSpec {
  const stem = spec.stem.flatMap((layer): StemLayer[] =>
    layer.kind === 'norm' ? [] : layer.kind === 'conv' ? [{ ...layer, bias: true }] : [layer],
  )
  const stages = spec.stages.map(({ blocks }) => ({
    blocks: blocks.map((block) => ({
      ...block,
      norm: false,
      branch: block.branch.map((layer) => ({ ...layer, bias: true })),
    })),
  }))
  return { ...spec, name: `${spec.name}-bare`, stem, stages }
}

function variantsOf(bench: Workbench): readonly Variant[] {
  const depth = bench.depths?.at(-1) ?? at(bench, { quick: 14, paper: 20 })
  return (['plain', 'residual'] as const).flatMap((kind) =>
    [true, false].flatMap((norm) =>
      DECAYS.map((weightDecay) => ({
        name: nameOf(kind, norm, weightDecay),
        spec: norm ? cifarNet(bench, kind, depth) : bare(cifarNet(bench, kind, depth)),
        recipe: (norm ? recipeFor : bareRecipe)(bench, { weightDecay }),
      })),
    ),
  )
}
