/**
 * Finds the nets that lose their gradient in the backward pass, and tests whether that explains degradation. [He 2015,
 * §4.1; He 2015b]
 */
import { differentiate } from '../autodiff/differentiate.js'
import { GraphBuilder } from '../graph/builder.js'
import type { Value } from '../graph/graph.js'
import { Session } from '../inference/session.js'
import { LayerBuilder } from '../model/layers.js'
import { emit } from '../ops/op.js'
import { sigmoid } from '../ops/sigmoid.js'
import { Random } from '../util/random.js'
import { elements } from '../util/shape.js'
import { depthTrainings, difference, trainDepth } from './depths.js'
import type { Series } from './figure.js'
import { lengthOf, testBatch } from './look.js'
import { cifarNet } from './nets.js'
import { freshGradients } from './propagation.js'
import { defineStudy } from './study.js'
import { all, atLeast, atMost, mean } from './verdict.js'
import { eachSeed, finalErrors, type Workbench } from './workbench.js'

const activations = ['sigmoid', 'ReLU'] as const
const initialisations = ['small', 'Xavier', 'He'] as const

/** One kind of net. */
interface Kind {
  readonly activation: (typeof activations)[number]
  readonly initialisation: (typeof initialisations)[number]
  readonly norm: boolean
  readonly residual: boolean
}

interface Profile extends Kind {
  /** Per seed, log10 of the norm of the gradient at each layer's output, from the first on. */
  readonly logs: readonly (readonly number[])[]
}

export interface Vanishing {
  readonly profiles: readonly Profile[]
  /**
   * For the deep plain net with norm: log10 of the gradient of its first block divided by that of its last, one per
   * seed.
   */
  readonly plainHealth: readonly number[]
  /** Its test error minus that of a shallow one, in points, one per seed. */
  readonly plainRise: readonly number[]
}

const LAYERS = 30
const WIDTH = 16
const PICTURES = 16
/** The value for a gradient that is no longer above zero in float32. */
const GONE = -45

/**
 * log10 of the gradient after the first two layers divided by that at the last: below 0 it vanishes, above 0 it
 * explodes. It starts after two layers because the first shortcut joins there; a layer inside a branch is not on the
 * path of shortcuts.
 */
const decades = ({ logs }: Profile) => logs.map((list) => list[1]! - list.at(-1)!)

export const vanishing = defineStudy({
  name: 'vanishing',
  title: 'Is it vanishing gradients?',
  about:
    `The first suspect when deep nets fail is the gradient: it may vanish on its way back. In fresh nets of ${LAYERS} ` +
    'convolutions the norm of the gradient is taken at each layer’s output, for two activations, three ' +
    'initialisations (small: deviation 0.01), with and without norm, plain and with a shortcut over every two ' +
    'layers. Then the doubt of the paper itself: a deep plain net with norm has healthy gradients and degrades all ' +
    'the same.',
  shrunk: `${LAYERS} layers of ${WIDTH} channels; the doubt is tried on plain nets of 20 and 56 layers.`,
  claims: {
    'sigmoid-vanishes': {
      text: 'In deep plain nets of sigmoids the gradient vanishes with every initialisation.',
      source: 'lecture; Glorot 2010',
      expected: 'vanishes',
    },
    'small-vanishes': {
      text: 'With small initial weights and no norm the gradient vanishes in plain nets of ReLUs too.',
      source: 'lecture; He 2015b, §2.2',
      expected: 'vanishes',
    },
    'he-keeps': {
      text: 'He initialisation keeps the gradient in plain nets of ReLUs where Xavier’s lets it shrink.',
      source: 'He 2015b, §2.2 and figure 3',
      expected: '30 layers: He’s converges, Xavier’s stalls; a factor of 2^(−L/2)',
    },
    'norm-heals': {
      text: 'With norm the gradient of plain ReLU nets does not depend on the size of the initial weights, and does not vanish.',
      source: 'Ioffe 2015; He 2015, §4.1',
      expected: 'healthy',
    },
    'shortcuts-carry': {
      text: 'Shortcuts carry the gradient even where the branches have small weights and no norm.',
      source: 'He 2016, equation 5',
      expected: 'no vanishing',
    },
    'healthy-yet-degraded': {
      text: 'A deep plain net with norm degrades although its gradients are healthy: vanishing gradients are not the cause.',
      source: 'He 2015, §4.1',
      expected: 'healthy norms, higher error',
    },
  },

  trainings: (bench) => depthTrainings(bench, 'plain', depthsOf(bench)),

  async measure(bench): Promise<Vanishing> {
    const profiles: Profile[] = []
    for (const kind of allKinds()) {
      const name = `gradient profile ${Object.values(kind).join(' ')}`
      const logs = await eachSeed(bench, (seed) => bench.once(`${name} ${seed}`, () => profile(bench, kind, seed)))
      profiles.push({ ...kind, logs })
    }
    const [shallow, deep] = depthsOf(bench)
    const errors = async (depth: number) =>
      eachSeed(bench, async (seed) => finalErrors(await trainDepth(bench, 'plain', depth, seed)).test)
    const spec = cifarNet(bench, 'plain', deep)
    const norms = await eachSeed(bench, (seed) =>
      bench.once(`gradients ${spec.name} ${seed}`, () => freshGradients(bench, spec, seed)),
    )
    return {
      profiles,
      plainHealth: norms.map((list) => Math.log10(list[0]! / list.at(-1)!)),
      plainRise: difference(await errors(deep), await errors(shallow)),
    }
  },

  judge({ profiles, plainHealth, plainRise }) {
    const of = (kind: Partial<Kind>) =>
      profiles.filter((profile) => Object.entries(kind).every(([key, value]) => profile[key as keyof Kind] === value))
    const only = (kind: Kind) => decades(of(kind)[0]!)
    const plain = { residual: false, norm: false } as const
    const relu = { ...plain, activation: 'ReLU' } as const
    const normed = initialisations.map((initialisation) => only({ ...relu, norm: true, initialisation }))
    const effect = 'log10 of gradient after two layers over that at the last'
    const sigmoids = of({ ...plain, activation: 'sigmoid' }).map((one) =>
      atMost(`${effect}, sigmoid, ${one.initialisation}`, decades(one), -3, ''),
    )
    return {
      'sigmoid-vanishes': all(sigmoids[0]!, ...sigmoids.slice(1)),
      'small-vanishes': atMost(`${effect}, ReLU, small`, only({ ...relu, initialisation: 'small' }), -3, ''),
      'he-keeps': all(
        atLeast(`${effect}, ReLU, He`, only({ ...relu, initialisation: 'He' }), -1, ''),
        atMost(
          'the same of Xavier below that of He',
          difference(only({ ...relu, initialisation: 'Xavier' }), only({ ...relu, initialisation: 'He' })),
          -2,
          '',
        ),
      ),
      'norm-heals': all(
        atLeast(`${effect}, ReLU with norm, He`, normed[2]!, -1, ''),
        atMost(
          'range over the three initialisations',
          normed[0]!.map(
            (_, i) => Math.max(...normed.map((list) => list[i]!)) - Math.min(...normed.map((list) => list[i]!)),
          ),
          1,
          '',
        ),
      ),
      'shortcuts-carry': atLeast(
        `${effect}, ReLU, small, with shortcuts`,
        only({ ...relu, residual: true, initialisation: 'small' }),
        -1,
        '',
      ),
      'healthy-yet-degraded': all(
        atLeast(
          'log10 of gradient of the first block over that of the last, deep plain net with norm',
          plainHealth,
          -1,
          '',
        ),
        atLeast('its test error above that of a shallow one', plainRise, 3, 'points'),
      ),
    }
  },

  rows: ({ profiles, plainHealth, plainRise }) => [
    ...profiles.map((one) => ({
      what: `${nameOf(one)}: log10 of gradient, second over last`,
      values: decades(one),
      unit: '',
    })),
    { what: 'deep plain net with norm: the same', values: plainHealth, unit: '' },
    { what: 'its test error above that of a shallow one', values: plainRise, unit: 'points' },
  ],

  figures: ({ profiles }) =>
    ([false, true] as const).flatMap((residual) =>
      ([false, true] as const).map((norm) => ({
        kind: 'lines' as const,
        title: `${residual ? 'With shortcuts' : 'Plain'}, ${norm ? 'with norm' : 'without norm'}`,
        subtitle: 'gradient at the output of each layer, relative to the last layer; mean over seeds',
        x: { label: 'layer', from: 1 },
        y: { label: 'log10' },
        series: profiles
          .filter((one) => one.residual === residual && one.norm === norm)
          .map(
            (one): Series => ({
              name: `${one.activation} ${one.initialisation}`,
              tone: one.activation === 'ReLU' ? 'residual' : 'plain',
              dash: one.initialisation === 'He' ? 'solid' : one.initialisation === 'Xavier' ? 'dashed' : 'dotted',
              points: one.logs[0]!.map((_, i) => ({
                x: i + 1,
                y: mean(one.logs.map((list) => list[i]! - list.at(-1)!)),
              })),
            }),
          ),
      })),
    ),
})

function nameOf({ activation, initialisation, norm, residual }: Kind): string {
  return `${activation}, ${initialisation}, ${norm ? 'norm' : 'no norm'}, ${residual ? 'shortcuts' : 'plain'}`
}

function allKinds(): Kind[] {
  const flags = [false, true]
  return activations.flatMap((activation) =>
    initialisations.flatMap((initialisation) =>
      flags.flatMap((norm) => flags.map((residual) => ({ activation, initialisation, norm, residual }))),
    ),
  )
}

/** Standard deviation of the weights of a 3x3 layer with equal numbers of input and output channels. */
export function deviationFor(initialisation: Kind['initialisation'], channels: number): number {
  const fan = 9 * channels
  if (initialisation === 'small') return 0.01
  return initialisation === 'He' ? Math.sqrt(2 / fan) : Math.sqrt(1 / fan) // Xavier: 2 / (fan-in + fan-out)
}

/** log10 of the gradient's norm at each layer's output, for a fresh net and one batch. */
async function profile(bench: Workbench, kind: Kind, seed: number): Promise<number[]> {
  const batch = testBatch(bench, seed, PICTURES)
  const side = Math.round(Math.sqrt(batch.length / PICTURES / 3))
  const layers = new LayerBuilder('training')
  const conv = { kind: 'conv', width: WIDTH, kernel: 3 } as const
  const given: Value[] = []
  let x = layers.conv('stem', layers.pictures(PICTURES, 3, side, side), conv, 1)
  let shortcut = x
  for (let layer = 1; layer <= LAYERS; layer++) {
    const path = `layer${layer}`
    x = layers.conv(path, x, conv, 1)
    if (kind.norm) x = layers.norm(`${path}.norm`, x)
    const joins = kind.residual && layer % 2 === 0
    if (joins) x = layers.add(`${path}.add`, x, shortcut)
    x = kind.activation === 'ReLU' ? layers.relu(`${path}.relu`, x) : emit(layers.graph, sigmoid, {}, [x], path)[0]!
    if (joins) shortcut = x
    given.push(x)
  }
  const classes = bench.data(seed).classes.length
  const logits = layers.linear('classifier', layers.globalAveragePool('pool', x), classes)
  layers.graph.output('loss', layers.loss('loss', logits, layers.labels(PICTURES), 0))
  const { graph, gradients } = differentiate(layers.graph.build(), 'loss', given)
  const builder = new GraphBuilder(graph)
  given.forEach((value, i) => void builder.output(`gradient${i}`, gradients.get(value)!))
  const random = new Random(seed, 0x7a15)
  const weights = new Map<string, Float32Array>()
  for (const { name, role, value } of graph.inputs) {
    if (role === 'data') continue
    const data = new Float32Array(elements(value.type.shape))
    if (name.endsWith('.scale') || name.endsWith('.variance')) data.fill(1)
    else if (name.endsWith('.weight')) {
      const deviation = name.startsWith('layer') ? deviationFor(kind.initialisation, WIDTH) : Math.sqrt(2 / 27)
      for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal()
    }
    weights.set(name, data)
  }
  const session = await Session.open(bench.engine, builder.build(), { weights })
  try {
    const labels = Int32Array.from({ length: PICTURES }, (_, i) => bench.data(seed).test.labels[i]!)
    const found = await session.run({ pictures: batch, labels })
    return given.map((_, i) => {
      // Squares of small numbers underflow in float32, so they are summed in float64.
      const norm = lengthOf(found[`gradient${i}`]!.data)
      return norm > 0 ? Math.log10(norm) : GONE
    })
  } finally {
    await session.dispose()
  }
}

function depthsOf({ depths }: Workbench): readonly [shallow: number, deep: number] {
  return depths ? [depths[0]!, depths.at(-1)!] : [20, 56]
}
