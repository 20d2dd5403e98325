/**
 * The paper's argument as an experiment: a deeper net that does as well as a shallower one exists, because the added
 * layers can be identities. [He 2015, §1]
 */
import { deepened } from '../api/network/surgery.js'
import type { Tensor, TrainedNetwork } from '../formats/trained-network.js'
import { heads } from '../model/heads/index.js'
import { placedBlocks } from '../spec/blocks.js'
import { classifierOf } from '../spec/heads/index.js'
import { type BlockPath, blockPath, type LayerPath } from '../spec/paths.js'
import { appendBlocks } from '../spec/surgery.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import { depthTrainings, difference, trainDepth } from './depths.js'
import { barOf } from './figure.js'
import { activationsOf, largestError, testBatch } from './look.js'
import { cifarNet, recipeFor } from './nets.js'
import { defineStudy } from './study.js'
import { judging } from './surgeon.js'
import { always, atLeast, atMost } from './verdict.js'
import { at, eachSeed, finalErrors, type Trained, type Workbench, withSeeds } from './workbench.js'

const kinds = ['residual', 'plain'] as const
type Kind = (typeof kinds)[number]

/** Test errors in percent, one per seed. */
interface Grown {
  readonly shallow: readonly number[]
  /** Right after deepening. */
  readonly deepened: readonly number[]
  /** After further training. */
  readonly resumed: readonly number[]
  /** A net of the same depth, trained from fresh weights. */
  readonly scratch: readonly number[]
}

export interface Construction {
  readonly depths: { readonly shallow: number; readonly deep: number }
  readonly residual: Grown
  readonly plain: Grown
  /** Whether the logits of the deepened residual net have the same bits. */
  readonly exact: readonly boolean[]
  /** Largest difference of features of the deepened plain net, divided by the largest feature. */
  readonly plainError: readonly number[]
}

const PICTURES = 64

export const construction = defineStudy({
  name: 'construction',
  title: 'Can a deeper net be made that is no worse?',
  about:
    'A trained net is made deeper by layers that do nothing: residual blocks whose branch is zero, and plain layers ' +
    'with identity kernels whose norms are set from the values that pass there. Both deeper nets give the answers of ' +
    'the shallower one, so a solution of that depth exists for both. Then both are trained on, and compared with ' +
    'nets of that depth trained from fresh weights.',
  shrunk: 'From 20 to 32 layers; four epochs, and one more after deepening.',
  claims: {
    'residual-exact': {
      text: 'A residual net can be deepened without changing one bit of its logits.',
      source: 'He 2015, §1 and §3.1',
      expected: 'equal',
    },
    'plain-exists': {
      text: 'A plain net can be deepened so that its outputs change by rounding errors only.',
      source: 'He 2015, §1',
      expected: 'equal',
    },
    'solver-misses-it': {
      text: 'Training a deep plain net from fresh weights ends worse than this constructed one: the solution exists and is not found.',
      source: 'He 2015, §1',
      expected: 'our current solvers are unable to find it',
    },
    'resuming-jumps': {
      text: 'When training goes on, the deepened plain net is disturbed more than the residual one.',
      source: 'lecture',
      expected: 'a jump',
    },
  },

  trainings(bench) {
    const [shallow, deep] = depthsFor(bench)
    return kinds.flatMap((kind) => [
      ...depthTrainings(bench, kind, [shallow, deep]),
      ...withSeeds(bench, [{ spec: cifarNet(bench, kind, deep), recipe: resumingRecipe(bench) }]),
    ])
  },

  async measure(bench): Promise<Construction> {
    const [shallow, deep] = depthsFor(bench)
    const grown = { residual: [] as Part[], plain: [] as Part[] }
    for (const kind of kinds) grown[kind] = await eachSeed(bench, (seed) => grow(bench, kind, shallow, deep, seed))
    const errors = (kind: Kind): Grown => ({
      shallow: grown[kind].map((part) => part.shallow),
      deepened: grown[kind].map((part) => part.deepened),
      resumed: grown[kind].map((part) => part.resumed),
      scratch: grown[kind].map((part) => part.scratch),
    })
    return {
      depths: { shallow, deep },
      residual: errors('residual'),
      plain: errors('plain'),
      exact: grown.residual.map(({ same }) => same),
      plainError: grown.plain.map(({ error }) => error),
    }
  },

  judge({ residual, plain, exact, plainError }) {
    const jump = ({ resumed, deepened }: Grown) => difference(resumed, deepened)
    return {
      'residual-exact': always('features have the same bits', exact),
      'plain-exists': atMost('largest difference of features, as a part of the largest', plainError, 1e-5, ''),
      'solver-misses-it': atLeast(
        'test error of the plain net from fresh weights above the constructed one',
        difference(plain.scratch, plain.deepened),
        1,
        'points',
      ),
      'resuming-jumps': atLeast(
        'change of the test error when training goes on, plain above residual',
        difference(jump(plain), jump(residual)),
        1,
        'points',
      ),
    }
  },

  rows: ({ depths, residual, plain, plainError }) => [
    ...(['residual', 'plain'] as const).flatMap((kind) => {
      const errors = kind === 'residual' ? residual : plain
      return [
        { what: `${kind}, ${depths.shallow} layers`, values: errors.shallow, unit: '%' },
        { what: `deepened to ${depths.deep}`, values: errors.deepened, unit: '%' },
        { what: 'and trained on', values: errors.resumed, unit: '%' },
        { what: `${depths.deep} layers from fresh weights`, values: errors.scratch, unit: '%' },
      ]
    }),
    { what: 'plain: largest difference of features', values: plainError, unit: '', digits: 8 },
  ],

  figures: ({ depths, ...grown }) =>
    kinds.map((kind) => ({
      kind: 'bars' as const,
      title: kind === 'plain' ? 'Plain: test error' : 'Residual: test error',
      subtitle: 'mean over seeds; line from the least to the largest',
      unit: '%',
      bars: (
        [
          ['shallow', `${depths.shallow} layers`],
          ['deepened', `deepened to ${depths.deep}`],
          ['resumed', 'and trained on'],
          ['scratch', `${depths.deep} from scratch`],
        ] as const
      ).map(([stage, name]) => ({ name, tone: kind, ...barOf(grown[kind][stage]) })),
    })),
})

/** The result of one net. */
interface Part {
  readonly shallow: number
  readonly deepened: number
  readonly resumed: number
  readonly scratch: number
  readonly same: boolean
  readonly error: number
}

function depthsFor(bench: Workbench): readonly [shallow: number, deep: number] {
  const { depths } = bench
  return depths ? [depths[0]!, depths.at(-1)!] : at(bench, { quick: [20, 32], paper: [20, 56] })
}

/** The recipe for further training of a deepened net. */
function resumingRecipe(bench: Workbench): RecipeOptions {
  return recipeFor(bench, { lr: 0.02 }, 1)
}

async function grow(bench: Workbench, kind: Kind, shallow: number, deep: number, seed: number): Promise<Part> {
  const source = await trainDepth(bench, kind, shallow, seed)
  const network = await source.checkpoint()
  const added = (deep - shallow) / 6
  let grown: TrainedNetwork = network
  for (const stage of [1, 2, 3])
    grown =
      kind === 'residual'
        ? deepened(grown, { stage, blocks: added, seed })
        : await appendIdentities(bench, grown, stage, added, testBatch(bench, seed, PICTURES))
  const { spec, weights } = grown
  const now = await bench.once(`construction ${spec.name} ${seed}`, () => compare(bench, source, network, grown))
  const resumed = await bench.train(spec, resumingRecipe(bench), seed, weights)
  const scratch = await trainDepth(bench, kind, deep, seed)
  return {
    ...now,
    shallow: finalErrors(source).test,
    resumed: finalErrors(resumed).test,
    scratch: finalErrors(scratch).test,
  }
}

async function compare(bench: Workbench, { seed }: Trained, source: TrainedNetwork, grown: TrainedNetwork) {
  const batch = testBatch(bench, seed, PICTURES)
  const [classifier] = heads.classifier.lastLayers(classifierOf(source.spec)) as [LayerPath]
  const [before, after] = [
    await activationsOf(bench, source, batch, [classifier]),
    await activationsOf(bench, grown, batch, [classifier]),
  ].map((found) => found[classifier])
  const deepened = await judging(bench, grown.spec, seed, Number.POSITIVE_INFINITY, (errorOf) => errorOf(grown.weights))
  return {
    deepened,
    same: before!.every((value, i) => value === after![i]),
    error: largestError(before!, after!),
  }
}

/**
 * Appends blocks to a stage of a plain net that pass their input on. They have identity kernels, and norms that remove
 * and restore the mean and variance of the values that pass there, so they are identities in training too.
 */
export async function appendIdentities(
  bench: Workbench,
  network: TrainedNetwork,
  stage: number,
  count: number,
  batch: Float32Array,
): Promise<TrainedNetwork> {
  const { spec, weights } = network
  const deeper = appendBlocks(spec, stage, count)
  const first = spec.stages[stage - 1]!.blocks.length + 1
  const { width, spec: block } = placedBlocks(spec).findLast((placed) => placed.stage === stage)!
  const found = await activationsOf(bench, network, batch, [`stage${stage}`])
  const { mean, variance } = statistics(
    found[`stage${stage}`]!,
    width,
    batch.length / (spec.input.channels * spec.input.height * spec.input.width),
  )
  const identity = new Map<string, Tensor>()
  for (let added = 0; added < count; added++)
    block.branch.forEach((_, layer) => {
      const path: BlockPath = blockPath(stage, first + added)
      identity.set(`${path}.conv${layer + 1}.weight`, identityKernel(width))
      const vector = (values: Float32Array) => ({ shape: [width], data: values })
      identity.set(`${path}.norm${layer + 1}.scale`, vector(variance.map((value) => Math.sqrt(value + EPSILON))))
      identity.set(`${path}.norm${layer + 1}.shift`, vector(mean))
      identity.set(`${path}.norm${layer + 1}.mean`, vector(mean))
      identity.set(`${path}.norm${layer + 1}.variance`, vector(variance))
    })
  return { ...network, spec: { ...deeper, name: `${spec.name}-deeper` }, weights: new Map([...weights, ...identity]) }
}

/** Epsilon of norms. */
const EPSILON = 1e-5

/** A 3x3 convolution that returns its input. */
export function identityKernel(width: number): Tensor {
  const data = new Float32Array(width * width * 9)
  for (let channel = 0; channel < width; channel++) data[(channel * width + channel) * 9 + 4] = 1
  return { shape: [width, width, 3, 3], data }
}

/** Mean and variance of each channel of maps [pictures][channels][...]. */
function statistics(maps: Float32Array, channels: number, pictures: number) {
  const size = maps.length / channels / pictures
  const mean = new Float32Array(channels)
  const variance = new Float32Array(channels)
  for (let channel = 0; channel < channels; channel++) {
    const values: number[] = []
    for (let picture = 0; picture < pictures; picture++) {
      const from = (picture * channels + channel) * size
      values.push(...maps.subarray(from, from + size))
    }
    const centre = values.reduce((sum, value) => sum + value, 0) / values.length
    mean[channel] = centre
    variance[channel] = values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0) / values.length
  }
  return { mean, variance }
}
