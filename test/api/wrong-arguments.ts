/** What every public function is called with when it is called rightly, and values that are wrong nearly everywhere. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import * as api from '../../src/internal.node.js'
import { disk } from '../../src/util/files/system.node.js'

/** A way to call a function rightly. */
export interface Row {
  /** Made anew for each call. */
  readonly args: () => readonly unknown[]
  /** Values, by their names in `wrong`, that are right here and would do more than a test should. */
  readonly right?: readonly string[]
  /** Arguments whose fields are made wrong too, one by one. */
  readonly deep?: readonly number[]
}

/** By name: in a list, so that none of them is made before it is needed. */
export const wrong: Readonly<Record<string, () => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  number: () => 42,
  'no number': () => Number.NaN,
  'empty text': () => '',
  text: () => 'x',
  list: () => [],
  'list of texts': () => ['x'],
  'list of nothing': () => [undefined],
  object: () => ({}),
  function: () => () => {},
  promise: () => Promise.resolve(3),
  bytes: () => new Uint8Array(3),
  'bytes of another realm': () => runInNewContext('new Uint8Array(3)') as unknown,
  'buffer of another realm': () => runInNewContext('new ArrayBuffer(3)') as unknown,
  'data set': () => data,
  blob: () => new Blob(['x']),
  big: () => 3n,
  symbol: () => Symbol('x'),
}

const folder = mkdtempSync(join(tmpdir(), 'resnet arguments '))
export const place = (name: string) => join(folder, name)
/** Texts that happen to be paths lead there, too. */
process.chdir(folder)

const engine = 'reference'
export const spec = api.fullyConnected({
  depth: 6,
  inputs: { channels: 3, height: 4, width: 4 },
  widths: [2],
  classes: 2,
})
const pictures = (count: number): api.Pictures<Uint8Array> => ({
  count,
  channels: 3,
  height: 4,
  width: 4,
  pixels: Uint8Array.from({ length: count * 48 }, (_, i) => (i * 37) % 256),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
})
export const data: api.Dataset<Uint8Array> = {
  name: 'tiny',
  classes: ['a', 'b'],
  train: pictures(6),
  test: pictures(4),
  normalisation: { mean: [0, 0, 0], std: [1, 1, 1] },
}
const planes = Array.from({ length: 2 }, () => ({ height: 24, width: 24, values: new Uint8Array(576) }))
const plane = planes[0]!
export const network = api.untrained(spec)
export const recipe = { batchSize: 2, steps: 1, augmentation: { pad: 0, flip: false } }
const short = { batchSize: 2, epochs: 1, augmentation: recipe.augmentation }
export const picture = { width: 4, height: 4, data: new Uint8Array(48).fill(9) }
const enlarging = api.edsr({ blocks: 1, width: 2, input: { channels: 1, height: 8, width: 8 } })
const enlarger = {
  ...api.untrained(enlarging),
  preprocessing: { ...api.untrained(enlarging).preprocessing, scales: [2] },
}
export const { checkpoint } = await api.train(spec, data, recipe, { engine })
const finetuned = await api.finetune(network, data, { engine, ...short, freeze: 'none' })
const bytes = api.encodeCheckpoint(checkpoint)
export const saved = place('saved.safetensors')
writeFileSync(saved, bytes)
await api.writePicture(place('p.png'), picture)
const pictureFolder = place('pictures')
for (const label of ['a', 'b']) {
  await api.makeFolder(join(pictureFolder, label))
  await api.writePicture(join(pictureFolder, label, 'p.png'), picture)
}
export const net = await api.load(network, { engine })
const enlargingNet = await api.load(enlarger, { engine })
const explanation = await net.explain(picture)
export const trainer = await api.createTrainer(spec, data, recipe, { engine })
const finding = api.notRun('rule', '%')
const study = api.studies[0]!
const bench = { scale: 'quick', seeds: [0], engine: net.engine, data: () => data, once: () => {} }
const finals = Object.fromEntries(
  ['plain20', 'plain56', 'resnet20', 'resnet56'].map((name) => [name, { train: 1, test: 2 }]),
)
const block = 'stage1.block1'
const table = [
  [1, 2],
  [2, 3],
  [3, 4],
  [4, 5],
]
const run = { engine, signal: new AbortController().signal }

/** Functions that get no further in a test than their checks: what they would do, and which values are right there. */
const nobody = 'http://127.0.0.1:9'

/** A row for each function that is exported; a new one needs one. */
export const rows: Readonly<Record<string, Row>> = {
  all: { args: () => [finding, finding] },
  always: { args: () => ['effect', [true]] },
  atLeast: { args: () => ['effect', [1, 2, 3], 1, '%'] },
  atMost: { args: () => ['effect', [1, 2, 3], 1, '%'] },
  notRun: { args: () => ['rule', '%'] },
  arrangeBlocks: { args: () => [network, [block]] },
  configure: { args: () => [{ wasm: undefined }], deep: [0] },
  createTrainer: { args: () => [spec, data, recipe, { ...run, hooks: {}, recompute: 'none' }], deep: [1, 2, 3] },
  resumeTrainer: { args: () => [checkpoint, data, run], deep: [0, 2] },
  train: { args: () => [spec, data, recipe, { ...run, onProgress: () => {} }], deep: [3] },
  trainToEnd: { args: () => [trainer, { onEpoch: () => {} }], deep: [1] },
  trainingMemory: { args: () => [spec, recipe, { engine }], deep: [2] },
  evaluate: { args: () => [network, data, run], deep: [0, 2] },
  createFinetuning: { args: () => [network, data, { ...run, ...short, freeze: 'none', views: 1 }], deep: [2] },
  finetune: { args: () => [network, data, { ...run, ...short, freeze: 'none', onEpoch: () => {} }], deep: [2] },
  resumeFinetuning: { args: () => [finetuned.checkpoint, data, run], deep: [0, 2] },
  load: { args: () => [network, { ...run, arch: undefined, classes: undefined }], deep: [0, 1] },
  mostThreads: { args: () => [2] },
  openEngine: { args: () => [{ ...run, threads: 1 }], deep: [0] },
  openedData: { args: () => [[{ path: 'm/a/1.png', bytes: new Uint8Array(3) }], { size: 8 }], deep: [1] },
  probe: { args: () => [network, new Float32Array(48), { ...run, activations: [block], along: [[block]] }], deep: [2] },
  // Without options it would train four nets.
  runDemo: { args: () => [{ ...run, steps: 0 }], right: ['nothing', 'object', 'data set'] },
  demoNets: { args: () => [] },
  finalErrors: { args: () => [{ points: [{ trainError: 1, testError: 2 }] }], deep: [0] },
  depthVerdict: { args: () => [finals], deep: [0] },
  exportOnnx: { args: () => [network, place('net.onnx'), {}], deep: [0] },
  exportSafetensors: { args: () => [network, place('net.safetensors'), {}], deep: [0] },
  drawExplanation: { args: () => [picture, explanation], deep: [0, 1] },
  deepen: { args: () => [network, { stage: 1, blocks: 1, seed: 0 }], deep: [1] },
  withoutBlock: { args: () => [network, block] },
  withSwappedBlocks: { args: () => [network, block, 'stage1.block2'] },
  untrained: { args: () => [spec, { seed: 0 }], deep: [0, 1] },
  decodeNetwork: {
    args: () => [bytes, 'a file', { arch: undefined, classes: undefined, pictures: undefined, signal: undefined }],
    deep: [2],
  },
  builtin: { args: () => [{ size: 16, train: 1, test: 1, seed: 0 }], right: ['nothing', 'object', 'data set'] },
  inputSize: { args: () => [data.train], deep: [0] },
  pictureBytes: { args: () => [data.train, 0], deep: [0] },
  matchChannels: { args: () => [data, 1], deep: [0] },
  holdOut: { args: () => [data.train, 2, 0], deep: [0] },
  forUpscaling: { args: () => [data, [2]], deep: [0] },
  quality: { args: () => [plane, plane, 2], deep: [0, 1] },
  splitDataset: { args: () => [data, 2, 0] },
  splitPictures: { args: () => [data.train, 2, 0] },
  tableDataset: { args: () => [table, [0, 1, 0, 1], { name: 'table', holdOut: 2, seed: 0 }], deep: [2] },
  encodeNpy: { args: () => [[2, 3], new Float32Array(6)] },
  readSafetensors: { args: () => [bytes, 'a file'] },
  writeSafetensors: {
    args: () => [{ tensors: new Map([['a', { shape: [1], data: new Float32Array(1) }]]), metadata: { a: 'b' } }],
    deep: [0],
  },
  complexity: { args: () => [spec], deep: [0] },
  summary: { args: () => [spec, { rows: 'block' }], deep: [1] },
  cifarBasic: { args: () => [{ depth: 8, classes: 3, widths: [2, 2, 2], branchLayers: 2, norm: true }], deep: [0] },
  cifarBottleneck: { args: () => [{ depth: 11, order: 'pre', shortcut: 'pad' }], deep: [0] },
  imagenetBasic: { args: () => [{ depth: 18, input: { channels: 3, height: 64, width: 64 } }], deep: [0] },
  imagenetBottleneck: { args: () => [{ depth: 50, groups: 1, widthPerGroup: 64, strideIn: 1 }], deep: [0] },
  fullyConnected: { args: () => [{ depth: 4, inputs: 3, widths: [4], classes: 2, norm: false }], deep: [0] },
  vggLike: { args: () => [{ classes: 10 }], deep: [0] },
  edsr: { args: () => [{ blocks: 1, scale: 2, width: 8, bias: true }], deep: [0] },
  vdsr: { args: () => [{ depth: 3, width: 8, bias: true, name: 'n' }], deep: [0] },
  classifierOf: { args: () => [spec], deep: [0] },
  taskOf: { args: () => [spec], deep: [0] },
  taskOfNetwork: { args: () => [spec, api.tasks], deep: [0] },
  headsOf: { args: () => [api.tasks] },
  freezeLevels: { args: () => [spec], deep: [0] },
  published: { args: () => ['resnet20'] },
  isPresetName: { args: () => ['resnet20'] },
  preset: { args: () => ['resnet20', { classes: 3 }], deep: [1] },
  presetsFor: { args: () => ['classify'] },
  appendBlocks: { args: () => [spec, 1, 1] },
  pathAfterRemoval: { args: () => ['stage1.block2.conv1', block] },
  pathAfterSwap: { args: () => ['stage1.block2.conv1', block, 'stage1.block2'] },
  plainTwin: { args: () => [spec] },
  removeBlock: { args: () => [spec, block] },
  swapBlocks: { args: () => [spec, block, 'stage1.block2'] },
  validateSpec: { args: () => [spec], deep: [0] },
  runStudy: { args: () => [study, { ...bench, engine: undefined }], deep: [1] },
  defineStudy: { args: () => [study], deep: [0] },
  adviceFor: { args: () => [spec, { zeroInitResidual: true }], deep: [1] },
  precisionAdvice: {
    args: () => [spec, { precision: 'bf16' }, { build: 'native-avx512', bf16: 'tiles' }],
    deep: [0, 1, 2],
  },
  warmUpAdvice: { args: () => [api.completeRecipe({}), { step: 5 }, 9], deep: [0, 1] },
  decodeAnyCheckpoint: { args: () => [bytes, 'a file'] },
  decodeCheckpoint: { args: () => [bytes, 'a file'] },
  encodeCheckpoint: { args: () => [checkpoint, 'note'], deep: [0] },
  isFor: { args: () => [checkpoint, 'classify'], deep: [0] },
  normalisationAdvice: { args: () => [checkpoint, data], deep: [0] },
  completeRecipe: { args: () => [api.completeRecipe({}), 'classify'], deep: [0] },
  sha256: { args: () => [bytes] },
  weightHash: { args: () => [network.weights] },
  guess: { args: () => ['resnt20', ['resnet20', 'resnet56'], 2] },
  nearest: { args: () => ['resnt20', ['resnet20', 'resnet56'], 2] },
  textTable: {
    args: () => [
      [['a', 'b'], 'rule'],
      ['left', 'right'],
    ],
  },
  // Left alone it would compute for seconds.
  doctor: { args: () => [{ sources: [], threads: 1 }], right: ['nothing', 'object', 'data set'] },
  measurePeak: { args: () => [{ engine }], right: ['nothing', 'object', 'data set'] },
  planBytes: { args: () => [spec, { engine, mode: 'inference', batch: 1 }], deep: [1] },
  profile: { args: () => [spec, { engine, rounds: 1, batch: 1 }], right: ['nothing', 'object', 'data set'] },
  readContents: { args: () => [saved] },
  readNetwork: { args: () => [saved, { cache: place('cache') }], deep: [1] },
  expectWritable: { args: () => [place('out.safetensors')] },
  writeNetwork: { args: () => [place('out.safetensors'), network] },
  cifar10: { args: () => [place('none'), { limit: { train: 1 } }], deep: [1] },
  cifar100: { args: () => [place('none'), { limit: { train: 1 } }], deep: [1] },
  // Without options it would ask the official server.
  downloadCifar: {
    args: () => ['cifar10', place('down'), { from: nobody, tries: 1, pause: 0 }],
    right: ['nothing', 'object', 'data set'],
  },
  mnist: { args: () => [place('none'), { limit: { train: 1 } }], deep: [1] },
  fashionMnist: { args: () => [place('none'), { limit: { train: 1 } }], deep: [1] },
  npz: { args: () => [place('none'), { limit: { train: 1 } }], deep: [1] },
  csvDataset: { args: () => [place('none'), { label: 'x', limit: { train: 1 }, seed: 0 }], deep: [1] },
  imageFolder: { args: () => [place('none'), { heldOut: 0.2, seed: 0, size: 8, limit: { train: 1 } }], deep: [1] },
  findPictures: { args: () => [[place('p.png')]] },
  luminanceOf: { args: () => [picture], deep: [0] },
  loadDataset: { args: () => ['cifar10', place('none'), { limit: { train: 1, test: 1 }, size: 32 }], deep: [2] },
  testFolder: {
    args: () => [
      pictureFolder,
      { size: 8, limit: 1, all: true, isUnrecorded: false, heldOut: null, onProgress: () => {} },
    ],
    deep: [1],
  },
  upscalingFolder: { args: () => [place('none'), { scales: [2], mostPixels: 9 }], deep: [1] },
  readPicture: { args: () => [place('p.png'), { mostPixels: 99, channels: 'rgb' }], deep: [1] },
  writePicture: { args: () => [place('w.png'), picture], deep: [1] },
  readStudyResults: { args: () => [folder] },
  // Of no study, since those would train.
  runStudies: {
    args: () => [
      [],
      {
        ...run,
        ...{
          scale: 'quick',
          seeds: [0],
          data: undefined,
          folder: place('studies'),
          epochs: 1,
          depths: [8],
          variants: ['x'],
        },
        ...{ threads: 1, onStudy: () => {}, onTraining: () => {}, onResult: () => {} },
      },
    ],
    deep: [1],
  },
  readAnyCheckpoint: { args: () => [saved] },
  readCheckpoint: { args: () => [saved] },
  writeAtomically: { args: () => [place('w'), 'text', disk], deep: [2] },
  makeFolder: { args: () => [place('made')] },
  RunFolder: { args: () => [place('run')] },
  RunKeeper: { args: () => [trainer, new api.RunFolder(place('run')), 0, { every: { seconds: 1 } }], deep: [3] },
}

/** Methods of what these functions give, by class and name. */
export const methods: Readonly<Record<string, { readonly of: object; readonly rows: Readonly<Record<string, Row>> }>> =
  {
    Classifier: {
      of: net,
      rows: {
        classify: { args: () => [picture, { top: 1 }], deep: [0, 1] },
        upscale: { args: () => [picture] },
        embed: { args: () => [picture, {}], deep: [0] },
        explain: { args: () => [picture, { class: 0, block: 'stage1' }], deep: [0, 1] },
        prepare: { args: () => [[picture]] },
        predict: { args: () => [picture, { top: 1 }], deep: [0, 1] },
        logits: { args: () => [new Float32Array(48), {}] },
        evaluate: { args: () => [data, {}], deep: [0] },
        save: { args: () => [place('saved-net.safetensors')] },
        outputs: { args: () => [new Float32Array(48), {}] },
        activations: { args: () => [new Float32Array(48), ['stage1'], {}] },
      },
    },
    Upscaler: {
      of: enlargingNet,
      rows: {
        upscale: { args: () => [picture, { scale: 2 }], deep: [0, 1] },
        evaluate: { args: () => [data, {}], deep: [0] },
        // They refuse all that they are given, in words.
        ...Object.fromEntries(
          ['classify', 'predict', 'explain', 'embed', 'logits'].map((name) => [name, { args: () => [picture] }]),
        ),
      },
    },
    Trainer: {
      of: trainer,
      rows: {
        steps: { args: () => [0] },
        evaluate: { args: () => [data.test], deep: [0] },
        activations: { args: () => [['stage1']] },
        gradientNorms: { args: () => [] },
        weights: { args: () => [] },
        weightHash: { args: () => [] },
        checkpoint: { args: () => [] },
        triedCheckpoint: { args: () => [] },
      },
    },
    RunFolder: {
      of: new api.RunFolder(place('methods')),
      rows: {
        claim: { args: () => [] },
        release: { args: () => [] },
        startAnew: { args: () => [] },
        goOnFrom: { args: () => [checkpoint.progress], deep: [0] },
        bringFrom: { args: () => [place('made'), checkpoint] },
        saveLast: { args: () => [checkpoint] },
        saveBest: { args: () => [checkpoint] },
        saveBestOnVal: { args: () => [checkpoint] },
        appendMetrics: { args: () => [{ step: 1 }] },
      },
    },
    RunKeeper: {
      of: new api.RunKeeper(trainer, new api.RunFolder(place('methods'))),
      rows: {
        progress: { args: () => [1] },
        epoch: { args: () => [{ epoch: 1, step: 1 }] },
        save: { args: () => [] },
      },
    },
  }
