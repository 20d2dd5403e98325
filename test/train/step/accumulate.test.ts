/** Several batches for one update: the mean of their gradients, norms that see one batch, statistics that see all. */
import { describe, expect, test } from 'vitest'
import { openReference } from '../../../src/engine/reference/engine.js'
import type { Graph } from '../../../src/graph/graph.js'
import { compileGraph } from '../../../src/inference/compile.js'
import { initialise } from '../../../src/model/initialise.js'
import { stateName } from '../../../src/train/step/optimizer.js'
import { trainingGraph } from '../../../src/train/step/step.js'
import { Random } from '../../../src/util/random.js'
import { elements } from '../../../src/util/shape.js'
import { tinyRecipe, tinySpec } from '../tiny.js'
import { inOne, inTwoParts, open } from '../trained.js'

const random = new Random(5)
const batches = [0, 1, 2].map(() => ({
  pictures: Float32Array.from({ length: 4 * 3 * 64 }, () => random.normal()),
  labels: Int32Array.from({ length: 4 }, () => random.below(2)),
}))

/** One step with a velocity that is the gradient; `data` by input name. */
async function step(
  graph: Graph,
  data: Record<string, Float32Array | Int32Array>,
  state: Record<string, Float32Array>,
) {
  const executable = await compileGraph(openReference(), graph)
  for (const [name, values] of initialise(tinySpec, { seed: 1 })) executable.write(name, values)
  for (const { name, role, value } of graph.inputs)
    if (role === 'optimizer') executable.write(name, new Float32Array(elements(value.type.shape)))
  for (const [name, values] of Object.entries({ ...data, ...state })) executable.write(name, values)
  executable.write('lr', Float32Array.of(0.1))
  await executable.run()
  return executable
}

const settings = (accumulate: number) => tinyRecipe({ batchSize: 4, accumulate, momentum: 0, weightDecay: 0 })

test('loss and gradients are the means of those of the batches; running statistics go from batch to batch', async () => {
  const data = Object.fromEntries(
    batches.flatMap(({ pictures, labels }, i) => [
      [`pictures/${i + 1}`, pictures],
      [`labels/${i + 1}`, labels],
    ]),
  )
  const together = await step(trainingGraph(tinySpec, settings(3)), data, {})
  const single = trainingGraph(tinySpec, settings(1))
  const parameters = single.inputs.filter(({ role }) => role === 'parameter')
  const buffers = single.inputs.filter(({ role }) => role === 'buffer')
  const sums = new Map(parameters.map(({ name, value }) => [name, new Float64Array(elements(value.type.shape))]))
  let loss = 0
  let state: Record<string, Float32Array> = {}
  for (const [i, batch] of batches.entries()) {
    const alone = await step(single, { ...batch }, state)
    loss += (await alone.read('loss'))[0]! / 3
    for (const { name } of parameters)
      (await alone.read(stateName('velocity', name))).forEach((g, k) => {
        sums.get(name)![k]! += g / 3
      })
    expect(await together.read(`logits/${i + 1}`)).toEqual(await alone.read('logits'))
    state = Object.fromEntries(
      await Promise.all(buffers.map(async ({ name }) => [name, await alone.read(name)] as const)),
    )
  }
  expect((await together.read('loss'))[0]).toBeCloseTo(loss, 6)
  for (const { name } of parameters)
    (await together.read(stateName('velocity', name))).forEach((g, k) => {
      expect(g, name).toBeCloseTo(sums.get(name)![k]!, 6)
    })
  for (const { name } of buffers)
    (await together.read(name)).forEach((value, k) => {
      expect(value, name).toBeCloseTo(state[name]![k]!, 5)
    })
})

describe('a training that accumulates', () => {
  const recipe = { batchSize: 4, accumulate: 2, dropPath: 0.5 }

  test('has steps of so many batches, and counts all their pictures', async () => {
    await using trainer = await open(recipe)
    expect(trainer.totalSteps).toBe(9)
    for await (const _ of trainer.steps(2));
    expect(trainer.trained.count).toBe(16)
    expect(trainer.progress.running.count).toBe(16)
  })

  test('stopped while a step is under way finishes it, and goes on to the same bits', async () => {
    const abort = new AbortController()
    const stopped = await open(recipe, { signal: abort.signal })
    const stepping = (async () => {
      for await (const { step } of stopped.steps()) if (step >= 2) abort.abort(new Error('enough'))
    })()
    await expect(stepping).rejects.toThrow('enough')
    const { step } = stopped.progress
    await stopped.dispose()
    expect(step).toBeGreaterThanOrEqual(2)
    expect(await inTwoParts(recipe, step)).toEqual(await inOne(recipe))
  })

  test('needs enough pictures', async () => {
    await expect(open({ batchSize: 8, accumulate: 4 })).rejects.toThrow(
      'recipe.accumulate: 4 batches of 8 are more than the training set of 26 pictures; use fewer',
    )
  })
})
