/** Whether shortcuts help fully connected nets. The lectures define the block on dense layers. */
import { fullyConnected } from '../spec/other-families.js'
import { difference } from './depths.js'
import { fitting, recipeFor } from './nets.js'
import { defineStudy, type Row } from './study.js'
import {
  trainVariants,
  type Variant,
  type VariantErrors,
  variantNamed,
  variantPoints,
  variantTrainings,
} from './variants.js'
import { all, atLeast, atMost } from './verdict.js'
import { at, type Workbench } from './workbench.js'

const kinds = ['plain', 'residual', 'residual from zero'] as const
const looks = {
  plain: { tone: 'plain', dash: 'dashed' },
  residual: { tone: 'residual', dash: 'solid' },
  'residual from zero': { tone: 'residual', dash: 'dotted' },
} as const

export interface Dense {
  readonly depths: readonly number[]
  readonly errors: readonly VariantErrors[]
  /** W_s learned and fixed, where widths differ. */
  readonly widening: readonly VariantErrors[]
}

export const dense = defineStudy({
  name: 'dense',
  title: 'Do shortcuts help dense nets?',
  about:
    'Nothing in the idea of a residual block is about convolutions: lectures write it with dense layers, a[l+2] = ' +
    'g(z[l+2] + W_s a[l]). Fully connected nets without norms, plain and with a shortcut over every two layers, are ' +
    'trained on the same pictures at growing depth. Where widths differ, W_s is either learned or fixed to zero ' +
    'padding. Without norms the sum of many fresh branches grows with depth, so the residual nets are trained a ' +
    'second time from branches of zero.',
  shrunk: 'Up to 50 layers of 64 units, four epochs on small pictures.',
  claims: {
    'plain-degrades': {
      text: 'Deep plain dense nets do worse than shallow ones.',
      source: 'lecture',
      expected: 'training error rises with depth',
    },
    'shortcuts-help': {
      text: 'With shortcuts depth costs dense nets less (difference of differences, training error).',
      source: 'lecture',
      expected: 'training error does not rise',
    },
    'help-from-zero': {
      text: 'This also holds if branches start as zero, so that a fresh net of any depth equals its shortcuts.',
      source: 'Zhang 2019, §3; Goyal 2017, §5.1',
      expected: 'depths train that fail otherwise',
    },
    'ws-alike': {
      text: 'Where widths differ, W_s learned and W_s fixed to zero padding do about as well.',
      source: 'lecture; He 2015, §3.2, table 3 (options A and B)',
      expected: 'about equal',
    },
  },

  trainings(bench) {
    const { variants, widening } = netsOf(bench)
    return variantTrainings(bench, [...variants, ...widening])
  },

  async measure(bench): Promise<Dense> {
    const { depths, variants, widening } = netsOf(bench)
    const errors = await trainVariants(bench, [...variants, ...widening])
    return { depths, errors: errors.slice(0, variants.length), widening: errors.slice(variants.length) }
  },

  judge({ depths, errors, widening }) {
    const [shallow, deep] = [depths[0]!, depths.at(-1)!]
    const rise = (kind: (typeof kinds)[number]) =>
      difference(variantNamed(errors, `${kind} ${deep}`).train, variantNamed(errors, `${kind} ${shallow}`).train)
    const lessThanPlain = (kind: (typeof kinds)[number]) =>
      atLeast(
        `(plain ${deep} − plain ${shallow}) − (${kind} ${deep} − ${kind} ${shallow}), training error`,
        difference(rise('plain'), rise(kind)),
        3,
        'points',
      )
    const ws = difference(variantNamed(widening, 'W_s fixed').test, variantNamed(widening, 'W_s learned').test)
    return {
      'plain-degrades': atLeast(
        `training error of ${deep} plain layers above that of ${shallow}`,
        rise('plain'),
        3,
        'points',
      ),
      'shortcuts-help': lessThanPlain('residual'),
      'help-from-zero': lessThanPlain('residual from zero'),
      'ws-alike': all(
        atMost('test error of W_s fixed above that of W_s learned', ws, 3, 'points'),
        atLeast('the same', ws, -3, 'points'),
      ),
    }
  },

  rows: ({ errors, widening }): Row[] =>
    [...errors, ...widening].flatMap(({ name, train, test }) => [
      { what: `${name}: test error`, values: test, unit: '%' },
      { what: `${name}: training error`, values: train, unit: '%' },
    ]),

  figures: ({ depths, errors }) =>
    (['train', 'test'] as const).map((part) => ({
      kind: 'lines' as const,
      title: part === 'train' ? 'Training error by depth' : 'Test error by depth',
      subtitle: 'fully connected; mean over seeds',
      x: { label: 'layers' },
      y: { label: 'error', unit: '%', from: 0 },
      series: kinds.map((kind) => ({
        name: kind,
        ...looks[kind],
        points: variantPoints(
          errors,
          part,
          depths.map((depth) => [depth, `${kind} ${depth}`]),
        ),
      })),
    })),
})

function netsOf(bench: Workbench) {
  const depths = bench.depths ?? at(bench, { quick: [4, 10, 20, 50], paper: [4, 10, 20, 50, 100] })
  const { classes = 10, input } = fitting(bench)
  const net = (name: string, options: Partial<Parameters<typeof fullyConnected>[0]>): Variant => ({
    name,
    spec: fullyConnected({ depth: 10, classes, inputs: input!, name: `dense ${name}`, ...options }),
    // Without norms: a small rate, and gradients clipped.
    recipe: recipeFor(bench, { lr: 0.02, clipNorm: 1, zeroInitResidual: name.includes('from zero') }),
  })
  const variants = depths.flatMap((depth) =>
    kinds.map((kind) => net(`${kind} ${depth}`, { depth, shortcut: kind === 'plain' ? 'none' : 'project-on-change' })),
  )
  const widening = [
    net('W_s learned', { widths: [32, 64], shortcut: 'project-on-change' }),
    net('W_s fixed', { widths: [32, 64], shortcut: 'pad' }),
  ]
  return { depths, variants, widening }
}
