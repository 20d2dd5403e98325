/**
 * Parts of your own in a network: a layer (squeeze-and-excitation), a loss (focal) and a task (how light
 * and how colourful a picture is). Both networks are trained, stopped, resumed, evaluated and exported. docs/extending.md tells of each part.
 */

import {
  checkFields,
  checkWhole,
  decodeAnyCheckpoint,
  epochOrder,
  expectDataset,
  expectPictures,
  f32,
  fillBatch,
  forwardGraph,
  heads,
  lastStage,
  type ModelHead,
  type ModelLayer,
  ops,
  planFor,
  Session,
  type Task,
  withLayers,
} from 'resnet.ts/graph'
import {
  type AnyData,
  builtin,
  createTrainer,
  type Dataset,
  encodeCheckpoint,
  evaluate,
  exportOnnx,
  exportSafetensors,
  load,
  type NetworkSpec,
  type Normalisation,
  type OwnLayer,
  type Pictures,
  preset,
  type RecipeOptions,
  resumeTrainer,
  tasks,
} from 'resnet.ts/node'

// A layer.

interface SqueezeExcitation extends OwnLayer {
  readonly kind: 'squeeze-excitation'
  /** By how much the middle is narrower than the maps. */
  readonly ratio: number
}

const squeezeExcitation: ModelLayer<SqueezeExcitation> = {
  check: (layer, path) => {
    checkFields(layer, path, ['kind', 'ratio'])
    checkWhole(layer, path, 'ratio', 1, 1024)
  },
  depth: () => 0, // its two convolutions lie beside the main path
  keepsZero: true,
  deviation: () => undefined,
  build: (layers, path, { ratio }, x) => {
    const [, channels, height, width] = x.type.shape as [number, number, number, number]
    const size = [height, width] as const
    const dense = (width: number) => ({ kind: 'conv', width, kernel: 1, bias: true }) as const
    const window = { kernel: size, stride: size, padding: [0, 0] } as const
    const means = layers.apply(`${path}.squeeze`, ops.averagePool, window, x)
    const narrow = layers.conv(`${path}.reduce`, means, dense(Math.max(1, Math.floor(channels / ratio))), 1)
    const wide = layers.conv(`${path}.expand`, layers.relu(`${path}.relu`, narrow), dense(channels), 1)
    const gate = layers.sigmoid(`${path}.gate`, wide)
    const spread = { size, filter: 'bilinear', antialias: false } as const
    return layers.multiply(`${path}.scaled`, x, layers.apply(`${path}.spread`, ops.resize, spread, gate))
  },
}

/** The network with the layer at the end of each residual branch. */
function withSqueezeExcitation<S extends NetworkSpec>(spec: S, ratio: number): S {
  const after: SqueezeExcitation = { kind: 'squeeze-excitation', ratio }
  const stages = spec.stages.map(({ blocks }) => ({
    blocks: blocks.map((block) => ({
      ...block,
      branch: block.branch.map((layer, i) => (i + 1 === block.branch.length ? { ...layer, after } : layer)),
    })),
  }))
  return { ...spec, name: `se-${spec.name}`, stages }
}

// A loss.

const focal: typeof heads.classifier = {
  ...heads.classifier,
  losses: ['focal'],
  truths: ['labels', 'signs'],
  addTruths: (layers, spec, batch) => ({
    ...heads.classifier.addTruths(layers, spec, batch),
    signs: layers.graph.input('signs', 'data', f32(batch, spec.head.classes)),
  }),
  addLoss: (layers, { logits }, { signs }) => {
    const { shape } = logits!.type
    // With z the logit of what is true, p = sigmoid(z): the loss is (1 − p)² · −ln p, and −ln p is softplus(−z).
    const away = layers.scale('loss.negate', layers.multiply('loss.truth', logits!, signs!), -1)
    const missed = layers.sigmoid('loss.missed', away)
    const surprise = layers.apply('loss.surprise', ops.softplus, {}, away)
    const weighed = layers.multiply('loss.weighed', layers.multiply('loss.square', missed, missed), surprise)
    // It is never below zero, so that its mean is its mean distance from zero.
    const zero = layers.apply('loss.zero', ops.fill, { shape, value: 0 })
    const mean = layers.apply('loss.mean', ops.l1Loss, {}, weighed, zero)
    return layers.scale('loss', mean, shape[1]!) // a sum over classes, a mean over pictures
  },
}

/** The sign of each picture and class: 1 for the picture's class, −1 for the others. */
function signsOf(labels: ArrayLike<number>, classes: number): Float32Array {
  return Float32Array.from({ length: labels.length * classes }, (_, i) =>
    labels[Math.floor(i / classes)] === i % classes ? 1 : -1,
  )
}

const { defaults, ...rules } = tasks.classify.recipe
const classify: Task<'classify'> = {
  ...tasks.classify,
  heads: { classifier: focal },
  recipe: { ...rules, defaults: { ...defaults, loss: 'focal' }, losses: ['focal'] },
  feed: (spec, data, recipe, stepsPerEpoch) => {
    const feed = tasks.classify.feed(spec, data, recipe, stepsPerEpoch)
    const batch = (number: number) => {
      const inputs = feed.batch(number)
      return { ...inputs, signs: signsOf(inputs.labels!, data.classes.length) }
    }
    return { prepare: (step) => feed.prepare(step), batch }
  },
}

// A task.

interface ToneHead {
  readonly kind: 'tone'
}

const tone: ModelHead<ToneHead> = {
  task: 'measure',
  check: (head) => void checkFields(head, 'head', ['kind']),
  depth: () => 1,
  plainTwin: (head) => head,
  reads: (_, stages) => [lastStage(stages)],
  answers: () => ({ classes: [] }),
  misfit: () => undefined,
  summary: () => 'how light and how colourful a picture is',
  does: () => 'measures the tone of pictures',
  lacks: 'measures no tones',
  outputs: ['tone'],
  truths: ['targets'],
  losses: ['squared'],
  addTruths: (layers, _, batch) => ({ targets: layers.targets(batch, 2) }),
  build: (layers, _, { maps: [x] }) => ({
    tone: layers.linear('head.linear', layers.globalAveragePool('head.pool', x!), 2),
  }),
  addLoss: (layers, outputs, { targets }) => layers.regressionLoss('loss', outputs.tone!, targets!),
  deviation: (_, path) => (path === 'head.linear.weight' ? 0.01 : undefined),
  zeroed: () => [],
  lastLayers: () => ['head.linear'],
  lone: () => undefined,
  axes: () => ({ pictures: ['batch'], outputs: { tone: ['batch'] } }),
}

interface Scenes {
  readonly name: string
  readonly scenes: Dataset
}

declare module 'resnet.ts/graph' {
  interface TaskTypes {
    measure: {
      readonly data: Scenes
      readonly pictures: Pictures
      readonly sums: { readonly loss: number; readonly squares: number; readonly count: number }
      readonly score: { readonly loss: number; readonly error: number }
      readonly evaluation: { readonly error: number }
      readonly tested: { readonly error: number }
      readonly best: { readonly epoch: number; readonly error: number }
      readonly told: { readonly error: number; readonly epochError: number }
    }
  }
}

/** A batch of pictures, with the mean of each and the mean distance between the channels of its pixels. */
function batchOf(pictures: Pictures, indices: readonly number[], normalisation: Normalisation) {
  const { height, width, channels } = pictures
  const [area, size] = [height * width, channels * height * width]
  const batch = new Float32Array(indices.length * size)
  const labels = new Int32Array(indices.length) // the classes, which are of no interest here
  fillBatch(pictures, indices, batch, labels, { normalisation, seed: 0, epoch: 0 })
  const targets = new Float32Array(indices.length * 2)
  indices.forEach((_, i) => {
    const picture = batch.subarray(i * size, (i + 1) * size)
    let [light, colour] = [0, 0]
    for (let pixel = 0; pixel < area; pixel++) {
      const values = Array.from({ length: channels }, (_, channel) => picture[channel * area + pixel]!)
      light += values.reduce((sum, value) => sum + value, 0) / channels
      colour += Math.max(...values) - Math.min(...values)
    }
    targets.set([light / area, colour / area], 2 * i)
  })
  return { pictures: batch, targets }
}

const squares = (given: ArrayLike<number>, wanted: ArrayLike<number>, count: number) =>
  Array.from({ length: count }, (_, i) => (given[i]! - wanted[i]!) ** 2).reduce((sum, square) => sum + square, 0)

const measure: Task<'measure'> = {
  name: 'measure',
  heads: { tone },
  recipe: {
    defaults: { ...defaults, loss: 'squared', lr: 0.1 },
    losses: ['squared'],
    does: 'measures the tone of pictures',
    check: () => {},
  },
  rating: 'error',
  words: { does: 'measures the tone of pictures', data: 'scenes', remedy: 'take a network that measures tones' },
  isData: (data) => typeof data === 'object' && data !== null && 'scenes' in data,
  expectData: (data, who): asserts data is Scenes => expectDataset((data as Partial<Scenes>).scenes, who),
  expectFit: () => {},
  expectPictures,
  expectSameAnswers: () => {}, // light is light, whatever the data
  testFor: (_own, _spec, { scenes }) => ({ test: scenes.test, notes: [] }),
  testPictures: ({ scenes }) => scenes.test,
  valPictures: ({ scenes }) => scenes.val,
  identity: ({ name, scenes }) => ({ name, train: scenes.train.count, test: scenes.test.count }),
  preprocessing: ({ input }, { scenes: { normalisation } }) => ({ normalisation, input, classes: [] }),
  epochSize: (_, { scenes }) => scenes.train.count,
  feed: (_, { scenes }, { seed, batchSize, accumulate }, stepsPerEpoch) => {
    let batches: ReturnType<typeof batchOf>[] = []
    const prepare = (step: number) => {
      const order = epochOrder(scenes.train.count, seed, Math.floor(step / stepsPerEpoch))
      batches = Array.from({ length: accumulate }, (_, batch) => {
        const first = ((step % stepsPerEpoch) * accumulate + batch) * batchSize
        return batchOf(scenes.train, [...order.subarray(first, first + batchSize)], scenes.normalisation)
      })
    }
    return { prepare, batch: (number) => batches[number]! }
  },
  sums: ({ loss, outputs, truths: { targets } }) => {
    const count = targets!.length / 2
    return { loss: loss * count, squares: squares(outputs.tone!, targets!, 2 * count), count }
  },
  add: (a, b) => ({ loss: a.loss + b.loss, squares: a.squares + b.squares, count: a.count + b.count }),
  nothing: { loss: 0, squares: 0, count: 0 },
  scoreOf: ({ loss, squares, count }) => ({ loss: loss / count, error: Math.sqrt(squares / count) }),
  told: ({ error }, epoch) => ({ error, epochError: epoch.error }),
  tested: ({ error }) => ({ error }),
  best: (epoch, { error }) => ({ epoch, error }),
  isBetter: ({ error }, best) => error < best.error,
  count: ({ count }) => count,
  measuringPlan(engine, spec, count) {
    return planFor(engine, forwardGraph(spec, { batch: Math.min(16, count), mode: 'inference', heads: this.heads }))
  },
  async measurer(engine, spec, plan) {
    const session = await Session.open(engine, plan)
    const size = session.inputs.pictures!.shape[0]!
    const error = async (pictures: Pictures, most: number, normalisation: Normalisation) => {
      let sum = 0
      for (let first = 0; first < most; first += size) {
        const used = Math.min(size, most - first)
        const indices = Array.from({ length: size }, (_, i) => first + Math.min(i, used - 1))
        const { pictures: batch, targets } = batchOf(pictures, indices, normalisation)
        const { tone } = await session.run({ pictures: batch })
        sum += squares(tone!.data, targets, 2 * used)
      }
      return Math.sqrt(sum / most)
    }
    return {
      setWeights: (weights) => session.setWeights(weights, spec.name),
      evaluate: async (pictures, { normalisation }) => ({
        error: await error(pictures, pictures.count, normalisation),
      }),
      tryOut: async (pictures, { normalisation }) =>
        void (await error(pictures, Math.min(size, pictures.count), normalisation)),
      dispose: () => session.dispose(),
    }
  },
}

// All of it at work.

const library = withLayers({ ...tasks, classify, measure }, { 'squeeze-excitation': squeezeExcitation })
const options = { tasks: library }

/** Trains to the end, and once more with a stop half-way; evaluates, exports, and loads the export. */
async function life<D extends AnyData>(spec: NetworkSpec, data: D, recipe: RecipeOptions & { readonly steps: number }) {
  await using whole = await createTrainer(spec, data, recipe, options)
  for await (const _ of whole.steps(recipe.steps));
  const checkpoint = await whole.checkpoint()

  await using first = await createTrainer(spec, data, recipe, options)
  for await (const _ of first.steps(recipe.steps / 2));
  const file = encodeCheckpoint(await first.checkpoint(), undefined, library)
  await using second = await resumeTrainer(decodeAnyCheckpoint(file, 'half.safetensors', library), data, options)
  for await (const _ of second.steps(recipe.steps / 2));

  await exportOnnx(checkpoint, `${spec.name}.onnx`, options)
  await exportSafetensors(checkpoint, `${spec.name}.safetensors`, options)
  await using network = await load(`${spec.name}.safetensors`, options)
  const { channels, height, width } = spec.input
  const pictures = Float32Array.from({ length: channels * height * width }, (_, i) => (i % 7) / 7)
  await using before = await load(checkpoint, options)
  const answers = [await before.outputs(pictures), await network.outputs(pictures)]
  return {
    network: spec.name,
    sameBits: (await second.weightHash()) === (await whole.weightHash()),
    evaluated: await evaluate(checkpoint, data, options),
    sameAnswers: JSON.stringify(answers[0]) === JSON.stringify(answers[1]),
  }
}

const shapes = builtin({ size: 16, train: 320, test: 100 })
const net = withSqueezeExcitation(preset('resnet8', { input: { channels: 3, height: 16, width: 16 } }), 4)
const recipe = { steps: 100, batchSize: 32, lr: 0.2, augmentation: { pad: 0, flip: true } }
console.log(JSON.stringify(await life(net, shapes, recipe)))

const toned: NetworkSpec<ToneHead> = { ...net, name: 'tone8', head: { kind: 'tone' } }
console.log(JSON.stringify(await life(toned, { name: 'drawn', scenes: shapes }, { steps: 40, batchSize: 32 })))
