/** A dense residual net learns a table, on the engines that people use, and answers to rows of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Checkpoint,
  type Classifier,
  createTrainer,
  decodeCheckpoint,
  encodeCheckpoint,
  evaluate,
  fullyConnected,
  load,
  resumeTrainer,
  type TrainingResult,
  tableDataset,
  trainToEnd,
} from '../../src/internal.node.js'
import { Random } from '../../src/util/random.js'
import { tinyData, tinyRecipe, tinySpec } from '../train/tiny.js'

/** Three rings around (50, 0), the second coordinate a hundred times as large; and a column that says nothing. */
function rings(count: number) {
  const random = new Random(count)
  const labels = Array.from({ length: count }, (_, i) => i % 3)
  const rows = labels.map((label) => {
    const turn = 2 * Math.PI * random.uniform()
    const radius = label + 0.6 + 0.3 * random.uniform()
    return [50 + radius * Math.cos(turn), 100 * radius * Math.sin(turn), 7]
  })
  return { rows, labels }
}

const { rows, labels } = rings(600)
const data = tableDataset(rows, labels, { name: 'rings', classes: ['inner', 'middle', 'outer'] })
const spec = fullyConnected({ depth: 8, inputs: 3, widths: [16], classes: 3 })
const recipe = { epochs: 12, batchSize: 16, optimizer: 'adam', lr: 0.005 } as const

describe.each(['auto', 'wasm'] as const)('on %s', (engine) => {
  let halfway: Checkpoint
  let result: TrainingResult
  let network: Classifier

  beforeAll(async () => {
    await using trainer = await createTrainer(spec, data, recipe, { engine })
    for await (const _ of trainer.steps(100));
    halfway = decodeCheckpoint(encodeCheckpoint(await trainer.checkpoint()), 'halfway')
    result = await trainToEnd(trainer)
    network = (await load(result.checkpoint, { engine })) as Classifier
  })
  afterAll(() => network.dispose())

  test('it gets more than nine of ten held-out rows right', async () => {
    expect(result.test.top1Error).toBeLessThan(10)
    const evaluation = await evaluate(result.checkpoint, data, { engine })
    expect(evaluation).toMatchObject({ ...result.test, count: 120 })
  })

  test('it goes on to the same bits', async () => {
    await using trainer = await resumeTrainer(halfway, data, { engine })
    expect((await trainToEnd(trainer)).weightHash).toBe(result.weightHash)
  })

  test('it answers to rows as they are, by the columns that it learned from', async () => {
    const fresh = rings(90)
    const answers = await network.classify(fresh.rows, { top: 1 })
    const right = answers.filter(([best], i) => best!.label === data.classes[fresh.labels[i]!])
    expect(right.length).toBeGreaterThan(81)
    const [row] = fresh.rows
    expect(await network.classify(row!, { top: 1 })).toEqual(answers[0])
    expect(await network.classify(Float64Array.from(row!), { top: 1 })).toEqual(answers[0])
    expect(await network.logits(network.prepare(fresh.rows))).toHaveLength(90 * 3)
    expect(await network.embed(row!)).toHaveLength(16)
  })

  test('rows that it cannot read are named', async () => {
    await expect(network.classify([rows[0]!, [1, 2]])).rejects.toThrow('row 2 of 2: expected 3 numbers, got 2')
    await expect(network.classify([1, Number.NaN, 2])).rejects.toThrow('row 1 of 1, column 2: expected a finite number')
  })
})

test('a network that reads pictures takes no rows', async () => {
  await using trainer = await createTrainer(tinySpec, tinyData(), tinyRecipe(), { engine: 'reference' })
  await using network = await load(await trainer.checkpoint(), { engine: 'reference' })
  await expect(network.classify([1, 2, 3])).rejects.toThrow(
    'row 1 of 1: this network reads pictures of 3x8x8, not rows of numbers; use logits()',
  )
})
