/**
 * Small checkpoints that were written once and are kept: files of the past, which later versions load, evaluate and
 * resume to the same bits. Here stands how each was made and which data it goes on with; `scripts/make-checkpoints.mjs`
 * makes those that `fixtures` lacks, on the reference engine, and records what they come to.
 */
import {
  cifarBasic,
  cifarBottleneck,
  createFinetuning,
  createTrainer,
  type Dataset,
  edsr,
  encodeCheckpoint,
  exportSafetensors,
  fullyConnected,
  type NetworkSpec,
  type RecipeOptions,
  type Trainer,
  tableDataset,
  type UpscalingData,
  vdsr,
} from '../../src/internal.node.js'
import * as data from './data.js'

/** One file. */
interface Fixture {
  readonly data: Dataset | UpscalingData
  /** The bytes of the file. */
  make(): Promise<Uint8Array>
}

const held = { seed: 0, count: 9, of: 41, digest: 'ab'.repeat(32) }
const colours = { ...data.pictures(['up', 'down'], 3, { val: 6 }), heldOut: held }
const three = { ...data.pictures(['one', 'two', 'three'], 3), heldOut: null }
const grey = data.pictures(['up', 'down'], 1)
const input = { channels: 3, height: 8, width: 8 }
const widths = [4, 6, 8] as const
const recipe = { batchSize: 8, epochs: 3, lr: 0.05, seed: 3, augmentation: { pad: 1, flip: true } }
const { rows, labels } = data.table()
const table = tableDataset(rows, labels, { name: 'table' })
const patch = { channels: 1, height: 8, width: 8 }
const tinyVdsr = vdsr({ name: 'tiny-vdsr', depth: 3, width: 6, input: patch })
const tinyEdsr = edsr({ name: 'tiny-edsr', blocks: 1, width: 6, input: { channels: 1, height: 6, width: 6 } })
const basic = cifarBasic({ name: 'tiny8', depth: 8, widths, classes: 2, input })

/** A stem with a pooling and blocks with all that a block can have, one thing each. */
const unusual: NetworkSpec = (() => {
  const net = cifarBasic({ name: 'unusual', depth: 14, widths, classes: 2, input, shortcut: 'project-on-change' })
  const changes = [
    [{ order: 'norm-after-add' }, { order: 'relu-before-add', branchScale: 0.5 }],
    [{ gate: { kind: 'exclusive', bias: -1 } }, { gate: { kind: 'shortcut-only', bias: -1 } }],
    [{ shortcut: 'project-always', shortcutDropout: 0.25 }, { shortcut: 'noise' }],
  ] as const
  return {
    ...net,
    stem: [...net.stem, { kind: 'maxPool', kernel: 3, stride: 1, padding: 1 }],
    stages: net.stages.map(({ blocks }, s) => ({
      blocks: blocks.map((block, b) => ({ ...block, ...changes[s]![b] })),
    })),
  }
})()

/** The steps of a trainer, with an evaluation at the end of each epoch but for one that ends with the last of them. */
async function run(trainer: Pick<Trainer, 'stepsLeftInEpoch' | 'steps' | 'evaluate'>, count: number): Promise<void> {
  for (let left = count; left > 0; ) {
    const steps = Math.min(left, trainer.stepsLeftInEpoch)
    const ends = steps === trainer.stepsLeftInEpoch
    for await (const _ of trainer.steps(steps));
    left -= steps
    if (ends && left > 0) await trainer.evaluate()
  }
}

/** @param stop after how many steps the file is written */
async function stopped(spec: NetworkSpec, of: Dataset | UpscalingData, options: RecipeOptions, stop: number) {
  await using trainer = await createTrainer(spec, of as Dataset, options, { engine: 'reference' })
  await run(trainer, stop)
  return trainer.checkpoint()
}

const training = (spec: NetworkSpec, of: Dataset | UpscalingData, options: RecipeOptions, stop: number): Fixture => ({
  data: of,
  make: async () => encodeCheckpoint(await stopped(spec, of, options, stop)),
})

/** A training of the net that is fine-tuned and exported. */
const classifier = [
  basic,
  colours,
  {
    ...recipe,
    optimizer: 'adamw',
    lr: 0.02,
    weightDecay: 0.01,
    decayOn: 'weights',
    warmupUntil: 50,
    clipNorm: 2,
    dropPath: 0.3,
    preciseBn: 3,
    labelSmoothing: 0.1,
    zeroInitResidual: true,
    augmentation: {
      pad: 0,
      flip: true,
      resizedCrop: { scale: [0.5, 1], ratio: [0.75, 1.5] },
      jitter: { brightness: 0.2, contrast: 0.2, saturation: 0.2 },
    },
  },
  5,
] as const satisfies Parameters<typeof training>

/** By the name of the file. */
export const fixtures: Readonly<Record<string, Fixture>> = {
  // In mid-epoch, with all that a training carries from step to step.
  classifier: training(...classifier),
  accumulated: training(
    cifarBottleneck({ name: 'tiny11', depth: 11, widths: [2, 3, 4], order: 'pre', classes: 2, input }),
    colours,
    { ...recipe, batchSize: 4, accumulate: 3, nesterov: true, schedule: 'step', milestones: [1, 2] },
    3,
  ),
  unusual: training(unusual, colours, { ...recipe, epochs: 2, accumulate: 2, batchSize: 4, clipRate: 0.01 }, 4),
  // At the end of an epoch, before its evaluation.
  grey: training(
    cifarBasic({ name: 'grey8', depth: 8, widths, classes: 2, input: { ...input, channels: 1 } }),
    grey,
    { ...recipe, schedule: 'one-cycle' },
    6,
  ),
  table: training(
    fullyConnected({ name: 'dense6', depth: 6, inputs: 4, widths: [8, 6], classes: 3, shortcut: 'project-on-change' }),
    table,
    { ...recipe, optimizer: 'adam', schedule: 'constant', augmentation: { pad: 0, flip: false } },
    6,
  ),
  upscaler: training(tinyVdsr, data.planes([2, 3]), { batchSize: 8, epochs: 3, lr: 0.01, seed: 3 }, 4),
  enlarger: training(
    tinyEdsr,
    data.planes([2]),
    { batchSize: 4, accumulate: 2, epochs: 2, lr: 0.01, seed: 3, loss: 'l1', clipNorm: 0.1 },
    3,
  ),
  finetuned: {
    data: three,
    make: async () => {
      const network = await stopped(...classifier)
      const options = { freeze: 'stage1', views: 2, recipe: { epochs: 3, batchSize: 8, seed: 3 } } as const
      await using tuning = await createFinetuning(network, three, { ...options, engine: 'reference' })
      await run(tuning.trainer, 5)
      return encodeCheckpoint(await tuning.checkpoint())
    },
  },
  exported: { data: colours, make: async () => exportSafetensors(await stopped(...classifier)) },
  'exported-upscaler': {
    data: data.planes([2, 3]),
    make: async () => exportSafetensors(await stopped(tinyVdsr, data.planes([2, 3]), { epochs: 1, seed: 3 }, 2)),
  },
}
