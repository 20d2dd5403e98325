/** Every rule can come out each way: made-up measurements for and against, and with two seeds only. */
import { describe, expect, test } from 'vitest'
import { type Activations, activations } from '../../src/studies/activations.js'
import { type Construction, construction } from '../../src/studies/construction.js'
import { type Decay, decay } from '../../src/studies/decay.js'
import { type Dense, dense } from '../../src/studies/dense.js'
import { type Depth, depth } from '../../src/studies/depth.js'
import { type Dimensions, dimensions } from '../../src/studies/dimensions.js'
import { type Downsampling, downsampling } from '../../src/studies/downsampling.js'
import { type Identity, identity } from '../../src/studies/identity.js'
import { type Jump, jump } from '../../src/studies/jump.js'
import { type Lesion, lesion } from '../../src/studies/lesion.js'
import { type Paths, paths } from '../../src/studies/paths.js'
import { type Propagation, propagation } from '../../src/studies/propagation.js'
import { type Reorder, reorder } from '../../src/studies/reorder.js'
import { type Responses, responses } from '../../src/studies/responses.js'
import { type Shortcuts, shortcuts } from '../../src/studies/shortcuts.js'
import { type Signal, signal } from '../../src/studies/signal.js'
import type { AnyStudy } from '../../src/studies/study.js'
import { type Superresolution, superresolution } from '../../src/studies/superresolution.js'
import { type Vanishing, vanishing } from '../../src/studies/vanishing.js'
import { seeds, unreached, verdictsOf } from './made-up.js'

/** Three seeds of one thing. */
const each = <T>(make: (shift: number) => T): T[] => [-0.001, 0, 0.001].map(make)
const table = (errors: Readonly<Record<string, number>>) =>
  Object.entries(errors).map(([name, error]) => ({ name, test: seeds(error), train: seeds(error), lost: 0 }))
const yes = [true, true, true]
const no = [false, false, false]

interface Case<M> {
  readonly study: AnyStudy
  /** What the sources found. */
  readonly as: M
  readonly against: readonly M[]
  /** Claims of sums and counts, which have no spread that could leave them open. */
  readonly open?: readonly string[]
}

const identityOf = (good: boolean): Identity => ({
  exact: { post: good ? yes : no, pre: good ? yes : no, negativeChanged: good ? yes : no },
  decayed: each((s) => ({
    branches: [1, 1, 0.9, good ? 0.3 : 0.9],
    outputs: [1, 1, (good ? 0.1 : 0.9) + s, 0],
    errors: { plain: [60, 61, good ? 85 : 61, 90], residual: [29, 45, 56, 85] },
  })),
  residual: each((s) => [1, 0.5, 0.2, 0.1, (good ? 0.001 : 0.5) + s, 0]),
  plain: each((s) => [1, 0.5, 0.2, 0.1, (good ? 0.002 : 0.5) + s, 0]),
  normWeights: each((s) => [0, (good ? 0.002 : 0.5) + s, 0, 0, 0, 0]),
  normScales: each((s) => [1, 0.5, 0.2, 0.1, (good ? 0.01 : 0.5) + s, 0]),
  learned: {
    depths: [2, 16],
    plain: each((s) => [0.1, 0.9 + s]),
    residual: each((s) => [0.1, (good ? 0.1 : 0.95) + 2 * s]),
  },
  nearness: good
    ? [
        [0.1, 0.2],
        [0.1, 0.2],
        [0.1, 0.3],
      ]
    : [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
})

const propagationOf = (good: boolean): Propagation => {
  const backward = (name: string, decades: number) => ({
    name,
    tone: 'residual' as const,
    norms: each((s) => [10 ** (decades + s), 1]),
  })
  return {
    preError: seeds(good ? 1e-6 : 0.1, 1e-8),
    postError: seeds(good ? 0.2 : 1e-6, 1e-8),
    sizes: each((s) => (good ? [1, 1, 1 + s, 2, 3, 4] : [4, 3, 2, 2, 2, 1 + s])),
    backward: [
      backward('identity', good ? 0.3 : -3),
      backward('times 0.5', good ? -5 : 0),
      backward('times 1.1', good ? 2 : -4),
      backward('plain', 0),
    ],
  }
}

const vanishingOf = (good: boolean): Vanishing => {
  const profiles = (['sigmoid', 'ReLU'] as const).flatMap((activation) =>
    (['small', 'Xavier', 'He'] as const).flatMap((initialisation) =>
      [false, true].flatMap((norm) =>
        [false, true].map((residual) => {
          const healthy = norm || residual || (activation === 'ReLU' && initialisation === 'He')
          const shrinks = initialisation === 'Xavier' ? -4.5 : -10
          const first =
            healthy === good
              ? 0.5
              : initialisation === 'He' || !good
                ? initialisation === 'Xavier'
                  ? -2
                  : -8
                : shrinks
          return {
            activation,
            initialisation,
            norm,
            residual,
            logs: each((s) => [first, first + s, s * (s > 0 ? 2 : 1)]),
          }
        }),
      ),
    ),
  )
  return { profiles, plainHealth: seeds(good ? 0.5 : -3), plainRise: seeds(good ? 20 : 0) }
}

const lesionOf = (good: boolean): Lesion => ({
  changes: [false, true, false],
  residual: each((s) => ({ whole: 8, single: good ? [9 + s, 25, 9] : [60 + s, 20, 70] })),
  vgg: each((s) => ({ whole: 9, single: [good ? 88 + s : 10 + s, good ? 89 : 12] })),
  several: good
    ? [1, 2, 3, 4].map((count) => ({ count, errors: seeds(8 + 15 * count) }))
    : [1, 2, 3, 4].map((count) => ({ count, errors: seeds(count < 4 ? 8.5 : 90) })),
})

const reorderOf = (good: boolean): Reorder => ({
  whole: seeds(8),
  trials: each((s) =>
    [0.98, 0.8, 0.5, 0.1].map((tau, i) => ({
      swaps: 1,
      tau,
      error: (good ? 8 + 100 * (1 - tau) : 60 - 10 * i) + 100 * s * i,
    })),
  ),
})

const pathsOf = (good: boolean): Paths => ({
  blocks: 54,
  logNorms: each((s) => Array.from({ length: 55 }, (_, k) => (good ? (-1.4 + s) * k : Math.sin(k) + k * (0.05 + s)))),
  errors: { whole: seeds(6.1), effective: seeds(good ? 5.96 : 9) },
})

const responsesOf = (good: boolean): Responses => {
  const net = (kind: 'plain' | 'residual', layers: number, mean: number) => ({
    name: `${kind}-${layers}`,
    kind,
    depth: layers,
    deviations: each((s) => [mean + s, mean]),
  })
  return good
    ? { nets: [net('plain', 20, 1), net('plain', 56, 1), net('residual', 20, 0.8), net('residual', 56, 0.5)] }
    : { nets: [net('plain', 20, 1), net('plain', 56, 0.4), net('residual', 20, 0.5), net('residual', 56, 0.8)] }
}

const signalOf = (good: boolean): Signal => ({
  layers: [0, 2, 10, 50],
  plain: each((s) => [0.9, 0.5, 0.3, (good ? 0.05 : 0.6) + s]),
  residual: each((s) => [0.9, 0.6, 0.5, (good ? 0.4 : 0.3) + 2 * s]),
  input: { width: 1, height: 1, channels: 1, pixels: [0] },
  pictures: { plain: [], residual: [] },
})

const decayOf = (good: boolean): Decay => ({
  errors: table(
    Object.fromEntries(
      ['plain', 'residual'].flatMap((kind) =>
        ['norm', 'no norm'].flatMap((norm) =>
          [0, 1e-4, 5e-3].map((weightDecay) => {
            const dies = good ? kind === 'plain' && norm === 'no norm' : kind === 'residual'
            return [
              `${kind}, ${norm}, ${weightDecay}`,
              (weightDecay === 5e-3 && dies ? 90 : 12) + (!good && weightDecay === 0 ? 30 : 0),
            ]
          }),
        ),
      ),
    ),
  ),
})

const superresolutionOf = (
  psnr: Readonly<Record<'residual' | 'direct', readonly [shallow: number, deep: number]>>,
): Superresolution => ({
  trials: (['residual', 'direct', 'blocks'] as const).flatMap((kind) =>
    [5, 10].flatMap((layers, i) =>
      [0.1, 0.01, 0.001].map((rate) => ({
        kind,
        depth: layers,
        rate,
        psnr: seeds((kind === 'blocks' ? 30 : psnr[kind][i]!) - (rate === 0.1 ? 0 : 5)),
      })),
    ),
  ),
  bicubic: seeds(33.66, 0.01),
  pictures: [],
})

const grown = (deepened: number, resumed: number, scratch: number) => ({
  shallow: seeds(9),
  deepened: seeds(deepened),
  resumed: seeds(resumed),
  scratch: seeds(scratch),
})

const denseOf = (plain: number, residual: number, fixed: number): Dense => ({
  depths: [4, 50],
  errors: table({
    'plain 4': 40,
    'residual 4': 40,
    'residual from zero 4': 40,
    'plain 50': plain,
    'residual 50': residual,
    'residual from zero 50': residual,
  }),
  widening: table({ 'W_s learned': 40, 'W_s fixed': fixed }),
})

/** The errors of the paper's table; "fail" as 40 %. */
const tableOne = {
  original: 6.61,
  'no shortcut (plain)': 40,
  'shortcut × 0.5': 40,
  'both × 0.5': 12.35,
  'exclusive gate, bias 0': 40,
  'exclusive gate, bias −6': 8.7,
  'exclusive gate, bias −7': 9.81,
  'shortcut-only gate, bias 0': 12.86,
  'shortcut-only gate, bias −6': 6.91,
  '1×1 convolution': 12.22,
  'dropout 0.5': 40,
  'noise instead': 60,
}
const reversed = Object.fromEntries(Object.entries(tableOne).map(([name, error]) => [name, 70 - error]))

const cases: readonly Case<unknown>[] = [
  { study: identity, as: identityOf(true), against: [identityOf(false)] },
  { study: propagation, as: propagationOf(true), against: [propagationOf(false)] },
  { study: vanishing, as: vanishingOf(true), against: [vanishingOf(false)] },
  { study: lesion, as: lesionOf(true), against: [lesionOf(false)] },
  { study: reorder, as: reorderOf(true), against: [reorderOf(false)] },
  { study: paths, as: pathsOf(true), against: [pathsOf(false)] },
  { study: responses, as: responsesOf(true), against: [responsesOf(false)] },
  {
    study: superresolution,
    as: superresolutionOf({ residual: [36, 36.9], direct: [28, 27.4] }),
    against: [superresolutionOf({ residual: [31, 30], direct: [35, 35] })],
  },
  {
    study: construction,
    as: {
      depths: { shallow: 20, deep: 32 },
      residual: grown(9, 9, 9),
      plain: grown(9, 15, 20),
      exact: yes,
      plainError: seeds(1e-7, 1e-8),
    } satisfies Construction,
    against: [
      {
        depths: { shallow: 20, deep: 32 },
        residual: grown(9, 20, 9),
        plain: grown(9, 9, 5),
        exact: no,
        plainError: seeds(0.1, 0.001),
      } satisfies Construction,
    ],
  },
  { study: dense, as: denseOf(70, 41, 40.5), against: [denseOf(30, 60, 60)] },
  {
    study: shortcuts,
    as: { errors: table(tableOne) } satisfies Shortcuts,
    against: [{ errors: table(reversed) } satisfies Shortcuts],
  },
  { study: signal, as: signalOf(true), against: [signalOf(false)] },
  { study: decay, as: decayOf(true), against: [decayOf(false)] },
  {
    study: dimensions,
    as: { errors: table({ A: 25, B: 24.5, C: 24.2 }), params: [1, 2, 4], macs: [100, 101, 130] } satisfies Dimensions,
    against: [
      { errors: table({ A: 20, B: 25, C: 30 }), params: [3, 2, 1], macs: [100, 130, 140] } satisfies Dimensions,
    ],
    open: ['cost'],
  },
  {
    study: downsampling,
    as: {
      errors: table({ A: 25, B: 24.5 }),
      stages: [
        { params: 1, macs: 1, acts: 4 },
        { params: 4, macs: 1, acts: 2 },
        { params: 16, macs: 1, acts: 1 },
      ],
      layer: [5, 5, 5],
      shortcuts: [
        { macs: 0, params: 0 },
        { macs: 0.5, params: 1 },
      ],
    } satisfies Downsampling,
    against: [
      {
        errors: table({ A: 35, B: 24.5 }),
        stages: [
          { params: 1, macs: 1, acts: 1 },
          { params: 1, macs: 1, acts: 1 },
          { params: 1, macs: 1, acts: 1 },
        ],
        layer: [5, 6, 7],
        shortcuts: [
          { macs: 1, params: 1 },
          { macs: 5, params: 9 },
        ],
      } satisfies Downsampling,
    ],
    open: ['equal-layers', 'params-quadruple', 'shortcuts-are-cheap'],
  },
  {
    study: activations,
    as: {
      errors: table({
        original: 6.61,
        'BN after addition': 8.17,
        'ReLU before addition': 7.84,
        'ReLU-only pre-activation': 6.71,
        'full pre-activation': 6.2,
      }),
    } satisfies Activations,
    against: [
      {
        errors: table({
          original: 8,
          'BN after addition': 6,
          'ReLU before addition': 7,
          'ReLU-only pre-activation': 20,
          'full pre-activation': 9,
        }),
      } satisfies Activations,
    ],
  },
  {
    study: jump,
    as: {
      errors: table({ '1 layer': 9.9, '2 layers': 6.6, '3 layers': 7, '4 layers': 7, '9 layers': 12, none: 20 }),
    } satisfies Jump,
    against: [
      {
        errors: table({ '1 layer': 5, '2 layers': 6.6, '3 layers': 7, '4 layers': 7, '9 layers': 6, none: 5 }),
      } satisfies Jump,
    ],
  },
  {
    study: depth,
    as: {
      depths: [164, 1001],
      errors: table({
        'original 164': 5.93,
        'pre-activation 164': 5.46,
        'original 1001': 7.61,
        'pre-activation 1001': 4.92,
      }),
    } satisfies Depth,
    against: [
      {
        depths: [164, 1001],
        errors: table({
          'original 164': 5.93,
          'pre-activation 164': 5.46,
          'original 1001': 4,
          'pre-activation 1001': 9,
        }),
      } satisfies Depth,
    ],
  },
]

describe.each(cases.map((one) => [one.study.name, one] as const))('%s', (_, { study, as, against, open = [] }) => {
  test('holds with what the sources found', () => {
    const expected = Object.keys(study.claims).map((id) => [id, 'holds'])
    expect(verdictsOf(study, as)).toEqual(Object.fromEntries(expected))
  })

  test('can fall, and stay open', () => {
    const left = Object.keys(unreached(study, [as, ...against]))
    expect(left.filter((id) => !open.includes(id))).toEqual([])
    for (const id of open)
      expect(against.some((measured) => verdictsOf(study, measured)[id] === 'does-not-hold')).toBe(true)
  })
})
