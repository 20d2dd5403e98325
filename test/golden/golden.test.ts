/**
 * Whole networks against PyTorch: logits, loss, every gradient and the running statistics of the first step, the losses
 * of ten steps, and the logits of inference with folded norms, on each engine build. See `scripts/make-fixtures.py`.
 */
import { expect, test } from 'vitest'
import type { Executable } from '../../src/engine/engine.js'
import type { Graph } from '../../src/graph/graph.js'
import { compileGraph } from '../../src/inference/compile.js'
import { forwardGraph } from '../../src/model/forward.js'
import { stateName } from '../../src/train/step/optimizer.js'
import { trainingGraph } from '../../src/train/step/step.js'
import { describeEngines } from '../engine/engines.js'
import { type Fixture, fixtureNames, initialValues, readFixture } from './fixtures.js'

/** Largest error of a tensor of the first step, over its largest magnitude. */
const FIRST_STEP = 1e-5
/** Relative error of the loss of the tenth step; rounding has grown by then. */
const TENTH_STEP = 1e-3

await describeEngines((engine) => {
  for (const name of fixtureNames) {
    const fixture = readFixture(name)

    test(`${name}: logits, loss, gradients and running statistics of the first step`, async () => {
      const graph = trainingGraph(fixture.spec, fixture.settings)
      const training = await compileGraph(engine(), graph)
      writeInitial(training, fixture, graph)
      await step(training, fixture, 0)
      const got = new Map<string, ArrayLike<number>>([['logits', await training.read('logits')]])
      for (const { name: path, role } of graph.inputs) {
        if (role === 'buffer') got.set(`running/${path}`, await training.read(path))
        if (role === 'parameter') got.set(`gradient/${path}`, await firstGradient(training, fixture, graph, path))
      }
      const errors = compare(got, fixture.tensors, ['inferenceLogits'])
      errors.set('loss', relativeError(await training.read('loss'), [fixture.losses[0]!]))
      expect([...errors].filter(([, error]) => !(error <= FIRST_STEP))).toEqual([])
      await training.dispose()
    })

    test(`${name}: losses of ten steps`, async () => {
      const graph = trainingGraph(fixture.spec, fixture.settings)
      const training = await compileGraph(engine(), graph)
      writeInitial(training, fixture, graph)
      const errors: number[] = []
      for (let i = 0; i < fixture.losses.length; i++) {
        await step(training, fixture, i)
        errors.push(relativeError(await training.read('loss'), [fixture.losses[i]!]))
      }
      expect(errors.length).toBe(10)
      expect(errors.filter((error) => !(error <= TENTH_STEP))).toEqual([])
      await training.dispose()
    })

    test(`${name}: logits of inference`, async () => {
      const graph = forwardGraph(fixture.spec, { batch: fixture.settings.batchSize, mode: 'inference' })
      const inference = await compileGraph(engine(), graph)
      writeInitial(inference, fixture, graph)
      inference.write('pictures', fixture.pictures(0))
      await inference.run()
      const error = relativeError(await inference.read('logits'), fixture.tensors.get('inferenceLogits')!)
      expect(error).toBeLessThanOrEqual(FIRST_STEP)
      await inference.dispose()
    })
  }
})

function writeInitial(executable: Executable, fixture: Fixture, graph: Graph): void {
  for (const [path, values] of initialValues(fixture, graph)) executable.write(path, values)
}

async function step(training: Executable, fixture: Fixture, index: number): Promise<void> {
  training.write('pictures', fixture.pictures(index))
  training.write('labels', fixture.labels(index))
  training.write('lr', Float32Array.of(fixture.lr))
  await training.run()
}

/** Velocities start at zero, so that after one step they hold gradient + weight decay · parameter. */
async function firstGradient(
  training: Executable,
  fixture: Fixture,
  graph: Graph,
  path: string,
): Promise<Float64Array> {
  const { weightDecay, decayOn } = fixture.settings
  const decay = decayOn === 'all' || path.endsWith('.weight') ? weightDecay : 0
  const { shape } = graph.inputs.find(({ name }) => name === path)!.value.type
  const before = fixture.initial(path, shape)
  return Float64Array.from(await training.read(stateName('velocity', path)), (value, i) => value - decay * before[i]!)
}

/** Relative errors by name; both sides must have the same names, but for those that are compared elsewhere. */
function compare(
  got: ReadonlyMap<string, ArrayLike<number>>,
  wanted: ReadonlyMap<string, ArrayLike<number>>,
  elsewhere: readonly string[],
): Map<string, number> {
  expect([...got.keys(), ...elsewhere].sort()).toEqual([...wanted.keys()].sort())
  return new Map([...got].map(([name, values]) => [name, relativeError(values, wanted.get(name)!)]))
}

/** The largest error over the largest magnitude; NaN where anything is no number. */
function relativeError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length)
  const magnitude = Math.max(...Array.from(wanted, Math.abs))
  return Math.max(...Array.from(wanted, (value, i) => Math.abs(value - got[i]!))) / magnitude
}
