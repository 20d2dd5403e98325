/**
 * Compares learning the difference to a picture, learning the picture, and shortcuts all along. [Kim 2016, §4; Lim
 * 2017]
 */
import { bicubic, type Plane, toBytes } from '../data/bicubic.js'
import { builtin } from '../data/builtin/builtin.js'
import type { Dataset } from '../data/dataset.js'
import { Session } from '../inference/session.js'
import { forwardGraph } from '../model/forward.js'
import { plainTwin } from '../spec/plain-twin.js'
import type { NetworkSpec } from '../spec/spec.js'
import { edsr, vdsr } from '../spec/upscaling.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import { shrunk, type UpscalingData } from '../tasks/upscale/data.js'
import { forUpscaling } from '../tasks/upscale/luminance-planes.js'
import { quality } from '../tasks/upscale/quality.js'
import { TrainingError } from '../util/errors.js'
import { greyMap, type PixelMap, pointOf } from './figure.js'
import { defineStudy, type Row } from './study.js'
import type { Weights } from './surgeon.js'
import { atLeast, mean } from './verdict.js'
import { at, eachSeed, type Workbench } from './workbench.js'

const kinds = ['residual', 'direct', 'blocks'] as const
type Kind = (typeof kinds)[number]
const nameOf: Readonly<Record<Kind, string>> = {
  residual: 'learns the residual',
  direct: 'learns the picture',
  blocks: 'shortcuts all along',
}
const RATES = [0.1, 0.01, 0.001] as const

/** PSNR in dB on test pictures, one per seed, of a kind of net trained at one rate. */
interface Trial {
  readonly kind: Kind
  readonly depth: number
  readonly rate: number
  readonly psnr: readonly number[]
}

export interface Superresolution {
  readonly trials: readonly Trial[]
  /** One per seed. */
  readonly bicubic: readonly number[]
  /** For the first seed: input, residual, output and target. */
  readonly pictures: readonly (readonly PixelMap[])[]
}

const SCALE = 2
const PICTURES = { quick: { train: 300, test: 30 }, paper: { train: 5000, test: 200 } }
/** Number of pictures shown. */
const SHOWN = 3
const best = (trials: readonly Trial[]) => trials.reduce((a, b) => (mean(b.psnr) > mean(a.psnr) ? b : a))
const shallowest = (trials: readonly Trial[]) => Math.min(...trials.map(({ depth }) => depth))
const deepest = (trials: readonly Trial[]) => Math.max(...trials.map(({ depth }) => depth))

export const superresolution = defineStudy({
  name: 'superresolution',
  title: 'Learn the picture, or what is missing of it?',
  about:
    'An enlarged picture is nearly the true one already: what is missing is small and mostly zero. A net that ' +
    'predicts only this difference, with one shortcut from its input to its output, is compared with its twin ' +
    'without that shortcut, which has to carry the whole picture through all layers; and with residual blocks all ' +
    'along, which read the small picture. Twice as large, on luminance, at three learning rates and two depths, ' +
    'beside bicubic enlargement.',
  shrunk: 'Nets of 5 and 10 layers of 16 channels on drawn pictures of 32×32 pixels, 300 steps; one upscaling factor.',
  claims: {
    'residual-over-direct': {
      text: 'Learning the residual ends nearer to the true picture than learning the picture, at a large learning rate.',
      source: 'Kim 2016, table 1',
      expected: '36.90 against 27.42 dB after 10 epochs (depth 10, rate 0.1)',
    },
    'at-its-best-too': {
      text: 'This also holds if each has its best learning rate.',
      source: 'Kim 2016, table 1',
      expected: '37.05 against 35.66 dB (approximate)',
    },
    'beats-bicubic': {
      text: 'Learning the residual ends nearer to the true picture than bicubic enlargement.',
      source: 'Kim 2016, table 3 (Set5, twice)',
      expected: '37.53 against 33.66 dB',
    },
    'deeper-is-better': {
      text: 'Deeper nets that learn the residual do better.',
      source: 'Kim 2016, figure 3 ("the deeper, the better")',
      expected: 'better',
    },
  },

  async measure(bench): Promise<Superresolution> {
    const depths = bench.depths?.map((depth) => Math.max(3, depth)) ?? at(bench, { quick: [5, 10], paper: [5, 10, 20] })
    const trials: Trial[] = []
    let enlargements: readonly number[] = []
    const parts = new Map<string, Part>()
    const data = new Map(bench.seeds.map((seed) => [seed, picturesFor(bench, seed)]))
    for (const kind of kinds)
      for (const depth of depths)
        for (const rate of RATES) {
          const results = await eachSeed(bench, (seed) =>
            bench.once(`superresolution ${kind} ${depth} ${rate} ${seed}`, () =>
              trial(bench, data.get(seed)!, { kind, depth, rate, seed }),
            ),
          )
          trials.push({ kind, depth, rate, psnr: results.map(({ psnr }) => psnr) })
          enlargements = results.map((result) => result.bicubic)
          parts.set(`${kind} ${depth} ${rate}`, results[0]!)
        }
    const shown = best(trials.filter(({ kind }) => kind === 'residual'))
    const pictures = parts.get(`${shown.kind} ${shown.depth} ${shown.rate}`)!.pictures
    return { trials, bicubic: enlargements, pictures }
  },

  judge({ trials, bicubic: enlargement }) {
    const of = (kind: Kind, rate?: number, depth?: number) =>
      trials.filter((one) => one.kind === kind && one.rate === (rate ?? one.rate) && one.depth === (depth ?? one.depth))
    const above = (a: Trial, b: readonly number[]) => a.psnr.map((value, i) => value - b[i]!)
    const large = deepest(trials)
    return {
      'residual-over-direct': atLeast(
        `PSNR of the residual net above its twin, ${large} layers, rate ${RATES[0]}`,
        above(of('residual', RATES[0], large)[0]!, of('direct', RATES[0], large)[0]!.psnr),
        1,
        'dB',
      ),
      'at-its-best-too': atLeast(
        'PSNR of the residual net above its twin, each at its best',
        above(best(of('residual')), best(of('direct')).psnr),
        0.2,
        'dB',
      ),
      'beats-bicubic': atLeast(
        'PSNR of the residual net at its best above bicubic',
        above(best(of('residual')), enlargement),
        0.3,
        'dB',
      ),
      'deeper-is-better': atLeast(
        `PSNR of ${large} layers above that of ${shallowest(trials)}, each at its best rate`,
        above(best(of('residual', undefined, large)), best(of('residual', undefined, shallowest(trials))).psnr),
        0.1,
        'dB',
      ),
    }
  },

  rows: ({ trials, bicubic: enlargement }): Row[] => [
    { what: 'bicubic', published: 33.66, values: enlargement, unit: 'dB', digits: 2 },
    ...trials.map(({ kind, depth, rate, psnr }) => ({
      what: `${nameOf[kind]}, ${depth} layers, rate ${rate}`,
      published: publishedAt(kind, depth, rate),
      values: psnr,
      unit: 'dB',
      digits: 2,
    })),
  ],

  figures: ({ trials, bicubic: enlargement, pictures }) => [
    {
      kind: 'lines',
      title: 'PSNR by learning rate',
      subtitle: 'on test pictures; mean over seeds',
      x: { label: 'learning rate', log: true },
      y: { label: 'PSNR', unit: 'dB' },
      series: kinds.flatMap((kind) =>
        [shallowest(trials), deepest(trials)].map((depth, i) => ({
          name: `${kind === 'blocks' ? 'blocks' : kind}, ${depth}`,
          tone:
            kind === 'residual' ? ('residual' as const) : kind === 'direct' ? ('plain' as const) : ('third' as const),
          dash: i === 0 ? ('dashed' as const) : ('solid' as const),
          points: RATES.toReversed().map((rate) =>
            pointOf(rate, trials.find((one) => one.kind === kind && one.depth === depth && one.rate === rate)!.psnr),
          ),
        })),
      ),
      levels: [{ y: mean(enlargement), name: 'bicubic' }],
    },
    {
      kind: 'pictures',
      title: 'What the residual net adds',
      subtitle: 'test pictures, luminance; the predicted residual is stretched from black to white',
      columns: ['input', 'residual', 'output', 'truth'],
      rows: pictures.map((row, i) => ({ name: `picture ${i + 1}`, pictures: row })),
    },
  ],
})

/** Published PSNR on Set5, factor 2, after 10 epochs. [Kim 2016, table 1] */
function publishedAt(kind: Kind, depth: number, rate: number): number | undefined {
  if (depth !== 10 || rate !== 0.1) return undefined
  return kind === 'residual' ? 36.9 : kind === 'direct' ? 27.42 : undefined
}

/** Nets with about the same number of layers. Their patches have the size of the data's. */
function netOf(kind: Kind, depth: number, width: number): NetworkSpec {
  const patch = (side: number) => ({ input: { channels: 1, height: side, width: side }, width })
  if (kind === 'blocks') return edsr({ blocks: Math.max(1, Math.round((depth - 3) / 2)), scale: SCALE, ...patch(8) })
  const net = vdsr({ depth, ...patch(16) })
  return kind === 'direct' ? plainTwin(net) : net
}

/** The result of one training. */
interface Part {
  readonly psnr: number
  readonly bicubic: number
  readonly pictures: readonly (readonly PixelMap[])[]
}

function picturesFor(bench: Workbench, seed: number): UpscalingData {
  const few = bench.epochs === undefined ? at(bench, PICTURES) : { train: 40, test: 4 }
  const own = bench.data(seed)
  const data = own.train.height >= 32 ? own : builtin({ size: 32, seed, ...few })
  const first = (pictures: Dataset['train'], count: number) => ({ ...pictures, count: Math.min(count, pictures.count) })
  return forUpscaling({ ...data, train: first(data.train, few.train), test: first(data.test, few.test) }, [SCALE])
}

async function trial(
  bench: Workbench,
  data: UpscalingData,
  { kind, depth, rate, seed }: Omit<Trial, 'psnr'> & { readonly seed: number },
): Promise<Part> {
  const spec = netOf(kind, depth, at(bench, { quick: 16, paper: 64 }))
  const steps = bench.epochs === undefined ? at(bench, { quick: 300, paper: 20_000 }) : 10 * bench.epochs
  // As in the paper: SGD with gradients clipped by value over the rate, which makes large rates usable.
  const recipe: RecipeOptions = {
    optimizer: 'sgd',
    batchSize: 32,
    steps,
    lr: rate,
    schedule: 'cosine',
    weightDecay: 1e-4,
    clipRate: 0.001,
    zeroInitResidual: false,
    seed,
  }
  const { engine, signal } = bench
  const trainer = await bench.createTrainer(spec, data, recipe, { engine, signal })
  try {
    try {
      for await (const _ of trainer.steps());
      const evaluation = await trainer.evaluate()
      const pictures = kind === 'residual' ? await shown(bench, spec, await trainer.weights(), data) : []
      return { psnr: evaluation.psnr, bicubic: evaluation.bicubic.psnr, pictures }
    } catch (error) {
      if (!(error instanceof TrainingError)) throw error
      return { psnr: 0, bicubic: meanOfBicubic(data), pictures: [] } // the net gives no picture
    }
  } finally {
    await trainer.dispose()
  }
}

/** Shrinks a test picture and enlarges it again. */
function enlarged(truth: Plane): Plane<Float32Array> {
  return bicubic(shrunk(truth, SCALE), truth)
}

function meanOfBicubic({ test }: UpscalingData): number {
  return mean(test.map((truth) => quality(toBytes(enlarged(truth)), truth, SCALE).psnr))
}

/** The first test pictures: input, predicted residual, output, truth. */
async function shown(
  bench: Workbench,
  spec: NetworkSpec,
  weights: Weights,
  { test }: UpscalingData,
): Promise<PixelMap[][]> {
  const { height, width } = test[0]!
  const graph = forwardGraph({ ...spec, input: { channels: 1, height, width } }, { batch: 1, mode: 'inference' })
  const session = await Session.open(bench.engine, graph, { weights })
  try {
    const rows: PixelMap[][] = []
    for (const truth of test.slice(0, SHOWN)) {
      const input = enlarged(truth)
      const { picture } = await session.run({ pictures: Float32Array.from(input.values, (value) => value / 255) })
      const values = picture!.data.map((value) => 255 * value)
      const residual = values.map((value, i) => value - input.values[i]!)
      rows.push([bytes(input), greyMap(width, height, residual), bytes({ height, width, values }), bytes(truth)])
    }
    return rows
  } finally {
    await session.dispose()
  }
}

function bytes(plane: Plane): PixelMap {
  const { height, width, values } = toBytes(plane)
  return { height, width, channels: 1, pixels: Array.from(values) }
}
