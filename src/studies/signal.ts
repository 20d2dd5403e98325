/** Measures how much of a picture survives many layers: little in plain nets, more with shortcuts. */
import { inputSize } from '../data/dataset.js'
import type { TrainedNetwork } from '../formats/trained-network.js'
import { cifarBasic } from '../spec/families.js'
import type { LayerPath } from '../spec/paths.js'
import { plainTwin } from '../spec/plain-twin.js'
import type { NetworkSpec } from '../spec/spec.js'
import { greyMap, type PixelMap, pointOf } from './figure.js'
import { activationsOf, testBatch } from './look.js'
import { fitting, recipeFor } from './nets.js'
import { correlation } from './reorder.js'
import { defineStudy } from './study.js'
import { atLeast, atMost } from './verdict.js'
import { eachSeed, type Workbench } from './workbench.js'

const kinds = ['plain', 'residual'] as const
/** Layers after which the signal is measured. */
const LAYERS = [2, 4, 6, 10, 16, 24, 32, 40, 50]

export interface Signal {
  readonly layers: readonly number[]
  /** For each kind of net, a list per seed: correlation with the input by layer, from 0 to 1. */
  readonly plain: readonly (readonly number[])[]
  readonly residual: readonly (readonly number[])[]
  /** For the first seed: the input, and what the layers leave of it. */
  readonly input: PixelMap
  readonly pictures: { readonly plain: readonly PixelMap[]; readonly residual: readonly PixelMap[] }
}

const PICTURES = 16
const PICTURE_LAYERS = [2, 10, 24, 50]

export const signal = defineStudy({
  name: 'signal',
  title: 'What do fifty layers leave of a picture?',
  about:
    'Before it has learned anything, a layer is a random filter. Fifty of them in a row should leave nothing that ' +
    'can be recognised of a picture, so that the last layers have nothing to learn from. With a shortcut over every ' +
    'two layers part of the picture goes past them. The nets are fresh: 50 layers of 16 channels, He initialisation, ' +
    'ReLU and no change of size. The study takes the size of the correlation between each map and the grey picture, ' +
    'averaged over channels and pictures.',
  shrunk: 'Nothing is trained; 16 pictures.',
  claims: {
    'plain-forgets': {
      text: 'After 50 plain layers hardly anything of the input is left.',
      source: 'lecture',
      expected: 'unrecognisable',
    },
    'shortcuts-keep': {
      text: 'With shortcuts more of the input is left after 50 layers.',
      source: 'lecture; He 2016, equation 4',
      expected: 'recognisable',
    },
  },

  async measure(bench): Promise<Signal> {
    const parts = await eachSeed(bench, (seed) => bench.once(`signal ${seed}`, () => send(bench, seed)))
    const { input, pictures } = parts[0]!
    const [plain, residual] = kinds.map((kind) => parts.map((part) => part[kind]))
    return { layers: [0, ...LAYERS], plain: plain!, residual: residual!, input, pictures }
  },

  judge: ({ plain, residual }) => ({
    'plain-forgets': atMost(
      'correlation with the input after 50 plain layers',
      plain.map((list) => list.at(-1)!),
      0.2,
      '',
    ),
    'shortcuts-keep': atLeast(
      'correlation after 50 layers with shortcuts above that without',
      residual.map((list, i) => list.at(-1)! - plain[i]!.at(-1)!),
      0.05,
      '',
    ),
  }),

  rows: ({ layers, plain, residual }) =>
    [2, 10, 50].flatMap((layer) => {
      const at = layers.indexOf(layer)
      return [
        { what: `${layer} layers, plain: correlation`, values: plain.map((list) => list[at]!), unit: '', digits: 2 },
        { what: `${layer} layers, with shortcuts`, values: residual.map((list) => list[at]!), unit: '', digits: 2 },
      ]
    }),

  figures: ({ layers, plain, residual, input, pictures }) => [
    {
      kind: 'lines',
      title: 'Correlation with the input by layer',
      subtitle: 'mean over seeds',
      x: { label: 'layers', from: 0 },
      y: { label: 'correlation', from: 0 },
      series: [
        {
          name: 'plain',
          tone: 'plain',
          dash: 'dashed',
          points: layers.map((x, i) =>
            pointOf(
              x,
              plain.map((list) => list[i]!),
            ),
          ),
        },
        {
          name: 'shortcuts',
          tone: 'residual',
          points: layers.map((x, i) =>
            pointOf(
              x,
              residual.map((list) => list[i]!),
            ),
          ),
        },
      ],
    },
    {
      kind: 'pictures',
      title: 'What is left of a picture',
      subtitle: 'mean over channels after this number of layers, from black to white',
      columns: ['input', ...PICTURE_LAYERS.map(String)],
      rows: kinds.map((kind) => ({
        name: kind === 'plain' ? 'plain' : 'with shortcuts',
        pictures: [input, ...pictures[kind]],
      })),
    },
  ],
})

/** A net of fifty layers of one width after a stem: 25 blocks. */
export function fiftyLayers(bench: Workbench): NetworkSpec {
  const { stages, ...template } = cifarBasic({ depth: 8, ...fitting(bench) })
  const block = stages[0]!.blocks[0]!
  return { ...template, name: 'fifty-layers', stages: [{ blocks: Array.from({ length: 25 }, () => block) }] }
}

async function send(bench: Workbench, seed: number) {
  const { height, width } = inputSize(bench.data(seed).test)
  const batch = testBatch(bench, seed, PICTURES)
  const grey = greyOf(batch, height * width)
  const spec = fiftyLayers(bench)
  const result = { plain: [] as number[], residual: [] as number[] }
  const pictures = { plain: [] as PixelMap[], residual: [] as PixelMap[] }
  for (const kind of kinds) {
    const fresh = await freshNetwork(bench, kind === 'plain' ? plainTwin(spec) : spec, seed)
    const paths = LAYERS.map((layers): LayerPath => `stage1.block${layers / 2}`)
    const found = await activationsOf(bench, fresh, batch, ['stem', ...paths])
    for (const path of ['stem', ...paths] as const) result[kind].push(likeness(found[path], grey, height * width))
    for (const layers of PICTURE_LAYERS) {
      const maps = found[`stage1.block${layers / 2}`]!
      pictures[kind].push(greyMap(width, height, meanMap(maps.subarray(0, maps.length / PICTURES), height * width)))
    }
  }
  return { ...result, input: greyMap(width, height, grey.subarray(0, height * width)), pictures }
}

async function freshNetwork(bench: Workbench, spec: NetworkSpec, seed: number): Promise<TrainedNetwork> {
  const { engine, signal: stop } = bench
  const trainer = await bench.createTrainer(
    spec,
    bench.data(seed),
    { ...recipeFor(bench), seed },
    { engine, signal: stop },
  )
  try {
    return await trainer.checkpoint()
  } finally {
    await trainer.dispose()
  }
}

/** Mean over the three channels of each picture. */
function greyOf(batch: Float32Array, size: number): Float32Array {
  const grey = new Float32Array(batch.length / 3)
  for (let i = 0; i < grey.length; i++) {
    const at = 3 * size * Math.floor(i / size) + (i % size)
    grey[i] = (batch[at]! + batch[at + size]! + batch[at + 2 * size]!) / 3
  }
  return grey
}

/** Mean over the channels of one picture's maps. */
export function meanMap(maps: Float32Array, size: number): Float32Array {
  const channels = maps.length / size
  return Float32Array.from({ length: size }, (_, i) => {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += maps[channel * size + i]!
    return sum / channels
  })
}

/**
 * Likeness of maps to their pictures: the size of the correlation, averaged over all maps. Constant maps count as 0.
 * @param maps [pictures][channels][size]
 * @param grey [pictures][size]
 */
export function likeness(maps: Float32Array, grey: Float32Array, size: number): number {
  const count = grey.length / size
  const channels = maps.length / grey.length
  let sum = 0
  for (let map = 0; map < count * channels; map++) {
    const picture = Math.floor(map / channels)
    const found = correlation(
      Array.from(maps.subarray(map * size, (map + 1) * size)),
      Array.from(grey.subarray(picture * size, (picture + 1) * size)),
    )
    sum += Number.isFinite(found) ? Math.abs(found) : 0
  }
  return sum / (count * channels)
}
