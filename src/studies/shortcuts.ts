/** Shortcuts other than the identity. [He 2016, table 1] */
import type { CifarOptions } from '../spec/families.js'
import { careful, cifarNet } from './nets.js'
import { defineStudy } from './study.js'
import {
  above,
  type Published,
  trainVariants,
  type Variant,
  type VariantErrors,
  variantFigures,
  variantRows,
  variantTrainings,
} from './variants.js'
import { atLeast } from './verdict.js'
import { at, type Workbench } from './workbench.js'

/** The rows of the table: the change, and the error with 110 layers; `fail` is above 20 %. */
const table = {
  original: [{}, 6.61],
  'no shortcut (plain)': [{ shortcut: 'none' }, 'fail'],
  'shortcut × 0.5': [{ shortcutScale: 0.5 }, 'fail'],
  'both × 0.5': [{ shortcutScale: 0.5, branchScale: 0.5 }, 12.35],
  'exclusive gate, bias 0': [{ gate: { kind: 'exclusive', bias: 0 } }, 'fail'],
  'exclusive gate, bias −6': [{ gate: { kind: 'exclusive', bias: -6 } }, 8.7],
  'exclusive gate, bias −7': [{ gate: { kind: 'exclusive', bias: -7 } }, 9.81],
  'shortcut-only gate, bias 0': [{ gate: { kind: 'shortcut-only', bias: 0 } }, 12.86],
  'shortcut-only gate, bias −6': [{ gate: { kind: 'shortcut-only', bias: -6 } }, 6.91],
  '1×1 convolution': [{ shortcut: 'project-always' }, 12.22],
  'dropout 0.5': [{ shortcutDropout: 0.5 }, 'fail'],
  'noise instead': [{ shortcut: 'noise' }, 'not in the paper'],
} as const satisfies Readonly<Record<string, readonly [Partial<CifarOptions>, number | string]>>
type Name = keyof typeof table
const names = Object.keys(table) as Name[]
const published: Published = Object.fromEntries(names.map((name) => [name, table[name][1]]))

/** Variants that a claim refers to. */
const scaledAndDropped = ['shortcut × 0.5', 'both × 0.5', 'dropout 0.5'] as const
const gated = ['exclusive gate, bias 0', 'exclusive gate, bias −6', 'shortcut-only gate, bias 0'] as const

export interface Shortcuts {
  readonly errors: readonly VariantErrors[]
}

export const shortcuts = defineStudy({
  name: 'shortcuts',
  title: 'Is the identity the best shortcut?',
  about:
    'A shortcut could be scaled, gated, convolved or dropped at random; all of these can express the identity or ' +
    'nearly so, and gates and convolutions have parameters besides. If the plain identity wins all the same, what ' +
    'counts is how easily the net is optimised, not what it can express: training error tells. Noise in place of the ' +
    'shortcut shows whether it matters at all what is added.',
  shrunk: '20 layers in place of 110, where a hundred factors less multiply; four epochs.',
  claims: {
    'identity-best': {
      text: 'Scaling a shortcut, or dropping it at random, makes the net worse.',
      source: 'He 2016, table 1',
      expected: 'fail, 12.35 %, fail against 6.61 %',
    },
    'gates-hurt': {
      text: 'Gates on the shortcut make the net worse, although they can learn to be open.',
      source: 'He 2016, table 1',
      expected: '8.70 % at best and fail for exclusive gates, 12.86 % for shortcut-only ones at bias 0',
    },
    'gate-nearly-open': {
      text: 'The nearer to open a shortcut-only gate starts, the less it hurts.',
      source: 'He 2016, table 1',
      expected: '12.86 % at bias 0, 6.91 % at −6',
    },
    'convolution-hurts': {
      text: '1x1 convolutions in all shortcuts make a deep net worse, although they can express more.',
      source: 'He 2016, table 1',
      expected: '12.22 % against 6.61 %; better at 34 layers, He 2015 table 3',
    },
    'it-is-optimisation': {
      text: 'Nets that are worse on test pictures are also worse on training pictures, so the optimisation fails.',
      source: 'He 2016, §3.1, figure 3',
      expected: 'higher training error',
    },
    'not-just-anything': {
      text: 'Noise in place of the shortcut is no better than no shortcut.',
      source: 'a learner’s question',
      expected: 'not in the papers',
    },
  },

  trainings: (bench) => variantTrainings(bench, variantsOf(bench)),

  async measure(bench): Promise<Shortcuts> {
    return { errors: await trainVariants(bench, variantsOf(bench)) }
  },

  judge({ errors }) {
    const behind = (name: Name, part?: 'train') => above(errors, name, 'original', part)
    const least = (list: readonly Name[], part?: 'train') =>
      behind(list[0]!, part).map((_, seed) => Math.min(...list.map((name) => behind(name, part)[seed]!)))
    return {
      'identity-best': atLeast(
        'test error above the original, least of scaled and dropped',
        least(scaledAndDropped),
        0.5,
        'points',
      ),
      'gates-hurt': atLeast('test error above the original, least of three gates', least(gated), 0.3, 'points'),
      'gate-nearly-open': atLeast(
        'test error at bias 0 above that at −6',
        above(errors, 'shortcut-only gate, bias 0', 'shortcut-only gate, bias −6'),
        0.5,
        'points',
      ),
      'convolution-hurts': atLeast('test error above the original', behind('1×1 convolution'), 0.5, 'points'),
      'it-is-optimisation': atLeast(
        'training error above the original, least of scaled, dropped and three gates',
        least([...scaledAndDropped, ...gated], 'train'),
        0.3,
        'points',
      ),
      'not-just-anything': atLeast(
        'test error of noise above that of no shortcut',
        above(errors, 'noise instead', 'no shortcut (plain)'),
        -1,
        'points',
      ),
    }
  },

  rows: ({ errors }) => variantRows(errors, published),
  figures: ({ errors }) =>
    variantFigures(errors, (name) =>
      name === 'original' ? 'residual' : name.startsWith('no shortcut') ? 'plain' : 'neutral',
    ),
})

function variantsOf(bench: Workbench): readonly Variant[] {
  const depth = bench.depths?.at(-1) ?? at(bench, { quick: 20, paper: 110 })
  return names.map((name) => {
    const [options] = table[name]
    const kind = name.startsWith('no shortcut') ? 'plain' : 'residual'
    const spec = cifarNet(bench, kind, depth, kind === 'plain' ? {} : options)
    // The original keeps its name, so that other studies share it.
    const own = name === 'original' ? spec : { ...spec, name: `${spec.name} ${name}` }
    return { name, spec: own, recipe: careful(bench, depth) }
  })
}
