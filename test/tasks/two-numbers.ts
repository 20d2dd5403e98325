/** A task of one's own, as somebody outside the package writes it: two numbers a picture, how red and how blue it is. */

import { epochOrder, fillBatch } from '../../src/data/batches.js'
import { builtin } from '../../src/data/builtin/builtin.js'
import type { Dataset, Normalisation, Pictures } from '../../src/data/dataset.js'
import { expectDataset, expectPictures } from '../../src/data/expect-data.js'
import type { Executable } from '../../src/engine/engine.js'
import { planFor } from '../../src/inference/compile.js'
import { writeWeights } from '../../src/inference/weights.js'
import { forwardGraph } from '../../src/model/forward.js'
import type { ModelHead } from '../../src/model/heads/head.js'
import { lastStage } from '../../src/spec/heads/head.js'
import { preset } from '../../src/spec/presets.js'
import type { NetworkSpec } from '../../src/spec/spec.js'
import { defaultRecipe } from '../../src/tasks/recipe.js'
import type { Measurer, Task } from '../../src/tasks/task.js'
import { ConfigError } from '../../src/util/errors.js'

/** Pooled features, and a linear layer to some numbers. */
export interface NumbersHead {
  readonly kind: 'numbers'
  readonly count: number
}

const numbers: ModelHead<NumbersHead> = {
  task: 'measure',
  check: ({ count }) => {
    if (!Number.isSafeInteger(count)) throw new ConfigError(`head: count must be a whole number, got ${String(count)}`)
  },
  depth: () => 1,
  plainTwin: (head) => head,
  reads: (_, stages) => [lastStage(stages)],
  answers: () => ({ classes: [] }),
  misfit: () => undefined,
  summary: ({ count }) => `${count} numbers a picture`,
  does: () => 'measures pictures',
  lacks: 'measures no pictures',
  outputs: ['numbers'],
  truths: ['targets'],
  losses: ['squared'],
  addTruths: (layers, { head }, batch) => ({ targets: layers.targets(batch, head.count) }),
  build: (layers, { count }, { maps: [x] }) => ({
    numbers: layers.linear('head.linear', layers.globalAveragePool('head.pool', x!), count),
  }),
  addLoss: (layers, outputs, { targets }) => layers.regressionLoss('loss', outputs.numbers!, targets!),
  deviation: (_, path) => (path === 'head.linear.weight' ? 0.01 : undefined),
  zeroed: () => [],
  lastLayers: () => ['head.linear'],
  lone: () => undefined,
  axes: () => ({ pictures: ['batch'], outputs: { numbers: ['batch'] } }),
}

/** Pictures with their two numbers in place of classes. */
export interface MeasuredPictures {
  readonly name: string
  readonly measured: Dataset
}

interface View {
  readonly normalisation: Normalisation
  readonly seed: number
  readonly epoch: number
}
const evaluation: View = { normalisation: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] }, seed: 0, epoch: 0 }

export function pictures(test = 8): MeasuredPictures {
  const measured = { ...builtin({ size: 16, train: 24, test }), normalisation: evaluation.normalisation }
  return { name: 'builtin', measured }
}

/** A batch as the network reads it, and the means of its first and its last channel. */
function batchOf(given: Pictures, indices: readonly number[], settings: View) {
  const size = given.height * given.width
  const batch = new Float32Array(indices.length * 3 * size)
  fillBatch(given, indices, batch, new Int32Array(indices.length), settings)
  const mean = (i: number, channel: number) =>
    batch.subarray((3 * i + channel) * size, (3 * i + channel + 1) * size).reduce((sum, x) => sum + x, 0) / size
  return { pictures: batch, targets: Float32Array.from(indices.flatMap((_, i) => [mean(i, 0), mean(i, 2)])) }
}

const squares = (given: Float32Array, wanted: ArrayLike<number>) =>
  given.reduce((sum, value, i) => sum + (value - wanted[i]!) ** 2, 0)

export const measure: Task<'measure'> = {
  name: 'measure',
  heads: { numbers },
  recipe: {
    defaults: { ...defaultRecipe, lr: 0.01, loss: 'squared' },
    losses: ['squared'],
    does: 'measures pictures',
    check: () => {},
  },
  rating: 'error',
  words: { does: 'measures pictures', data: 'pictures with numbers', remedy: 'measure pictures' },
  isData: (data) => typeof data === 'object' && data !== null && 'measured' in data,
  expectData: (data, who): asserts data is MeasuredPictures => expectDataset((data as MeasuredPictures).measured, who),
  expectFit: () => {},
  expectPictures: (given, who) => expectPictures(given, who),
  testFor: (_own, _spec, data) => ({ test: setOf(data).test, notes: [] }),
  expectSameAnswers: () => {}, // red is red and blue is blue, whatever the data
  testPictures: (data) => setOf(data).test,
  valPictures: () => undefined,
  identity: (data) => ({ name: data.name, train: setOf(data).train.count, test: setOf(data).test.count }),
  preprocessing: ({ input }, data) => ({ normalisation: setOf(data).normalisation, input, classes: [] }),
  epochSize: (_, data) => setOf(data).train.count,
  feed: (_, data, { seed, batchSize, accumulate }, stepsPerEpoch) => {
    const { train, normalisation } = setOf(data)
    let batches: ReturnType<typeof batchOf>[] = []
    return {
      prepare: (step) => {
        const epoch = Math.floor(step / stepsPerEpoch)
        const order = epochOrder(train.count, seed, epoch)
        batches = Array.from({ length: accumulate }, (_, batch) => {
          const first = ((step % stepsPerEpoch) * accumulate + batch) * batchSize
          return batchOf(train, [...order.subarray(first, first + batchSize)], { normalisation, seed, epoch })
        })
      },
      batch: (batch) => batches[batch]!,
    }
  },
  sums: ({ loss, outputs, truths }) => {
    const count = truths.targets!.length
    return { loss, squares: squares(outputs.numbers!, truths.targets!) / count, count: 1 } as { readonly loss: number }
  },
  add: (a, b) => {
    const [x, y] = [a as Sums, b as Sums]
    return { loss: x.loss + y.loss, squares: x.squares + y.squares, count: x.count + y.count } as Sums
  },
  nothing: { loss: 0, squares: 0, count: 0 } as Sums,
  scoreOf: (sums) => {
    const { loss, squares, count } = sums as Sums
    return { loss: loss / count, error: squares / count } as { readonly loss: number }
  },
  told: (step, epoch) => ({ error: errorOf(step), epochError: errorOf(epoch) }),
  tested: (found) => found,
  best: (epoch, found) => ({ epoch, error: errorOf(found) }) as { readonly epoch: number },
  isBetter: (found, best) => errorOf(found) < errorOf(best),
  count: (given) => (given as Pictures).count,
  measuringPlan: (engine, spec, count) =>
    planFor(engine, forwardGraph(spec, { batch: Math.min(8, count), mode: 'inference', heads: { numbers } })),
  measurer: async (engine, spec, plan) => measurer(await engine.compile(plan), spec),
}

interface Sums {
  readonly loss: number
  readonly squares: number
  readonly count: number
}
const setOf = (data: object) => (data as MeasuredPictures).measured
const errorOf = (figures: object) => (figures as { readonly error: number }).error

function measurer(executable: Executable, spec: NetworkSpec): Measurer<'measure'> {
  const state = executable.plan.graph.inputs.filter(({ role }) => role !== 'data')
  const batch = executable.plan.graph.inputs.find(({ name }) => name === 'pictures')!.value.type.shape[0]!
  const evaluate = async (given: unknown) => {
    let error = 0
    const { count } = given as Pictures
    for (let first = 0; first + batch <= count; first += batch) {
      const indices = Array.from({ length: batch }, (_, i) => first + i)
      const { pictures, targets } = batchOf(given as Pictures, indices, evaluation)
      executable.write('pictures', pictures)
      await executable.run()
      error += squares(await executable.read('numbers'), targets)
    }
    return { error: error / count }
  }
  return {
    setWeights: (weights) => writeWeights(executable, state, weights, spec.name),
    evaluate,
    tryOut: async (given) => void (await evaluate(given)),
    dispose: () => executable.dispose(),
  }
}

/** The network of this task that has a name. */
export function redBlue8(): NetworkSpec<NumbersHead> {
  const spec = preset('resnet8', { input: { channels: 3, height: 16, width: 16 } })
  return { ...spec, name: 'redblue8', head: { kind: 'numbers', count: 2 } }
}
