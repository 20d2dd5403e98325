/** Networks with layers of their own are fine-tuned, resumed, explained and probed, given the tasks that know them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  builtin,
  type ChosenEngine,
  type Classifier,
  createFinetuning,
  decodeAnyCheckpoint,
  encodeCheckpoint,
  finetune,
  openEngine,
  preset,
  probe,
  resumeFinetuning,
  train,
  weightHash,
} from '../../../src/internal.node.js'
import { ownTasks as tasks, withOwn } from '../../model/own-layers.js'

const whole = preset('resnet20')
const stages = whole.stages.map(({ blocks }) => ({ blocks: blocks.slice(0, 1) }))
const spec = withOwn({ ...whole, name: 'small', stages }, { kind: 'squeeze', narrow: 4 })
const data = builtin({ train: 48, test: 20 })
const picture = { width: 32, height: 32, data: new Uint8Array(3072).fill(80) }

let engine: ChosenEngine
let network: Classifier
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  network = (await train(spec, data, { batchSize: 16, steps: 2 }, { engine, tasks })).network as unknown as Classifier
})
afterAll(() => engine.dispose())

describe.each(['none', 'stage1', 'all'] as const)('frozen: %s', (freeze) => {
  const options = { freeze, batchSize: 16, epochs: 1, views: 1, tasks } as const

  test('is fine-tuned, and answers', async () => {
    await using tuned = await finetune(network, data, { ...options, engine })
    expect((await tuned.classify(picture)).length).toBe(Math.min(5, data.classes.length))
    expect(tuned.parameter('stage1.block1.squeeze2.narrow.weight').data.length).toBeGreaterThan(0)
  })

  test('a fine-tuning that was stopped ends in the same bits', async () => {
    await using straight = await createFinetuning(network, data, { ...options, engine })
    await straight.trainer.steps(3)
    await using stopped = await createFinetuning(network, data, { ...options, engine })
    await stopped.trainer.steps(1)
    const saved = encodeCheckpoint(await stopped.checkpoint(), undefined, tasks)
    const checkpoint = decodeAnyCheckpoint(saved, 'saved', tasks) as Parameters<typeof resumeFinetuning>[0]
    await using resumed = await resumeFinetuning(checkpoint, data, { engine, tasks })
    await resumed.trainer.steps(2)
    const hash = async (tuning: typeof straight) => weightHash((await tuning.checkpoint()).weights)
    expect(await hash(resumed)).toBe(await hash(straight))
  })
})

test('without those tasks the remedy is named', async () => {
  await expect(finetune(network, data, { engine, epochs: 1 })).rejects.toThrow(
    'no layers of your own are known here; hand in tasks that have them, see withLayers',
  )
})

test('is explained and probed', async () => {
  expect((await network.explain(picture)).map.data.length).toBeGreaterThan(0)
  const { activations } = await probe(network, new Float32Array(3072), {
    ...{ engine, tasks, activations: ['stage1.block1'] },
  })
  expect(activations.get('stage1.block1')!.shape).toEqual([1, 16, 32, 32])
})
