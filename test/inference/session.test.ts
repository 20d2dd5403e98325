/** A graph at work by names: what it reads, gives and keeps; and what is said of wrong inputs. */
import { expect, test } from 'vitest'
import { openReference } from '../../src/engine/reference/engine.js'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, i32 } from '../../src/graph/graph.js'
import { planFor } from '../../src/inference/compile.js'
import { Session } from '../../src/inference/session.js'
import { forwardGraph } from '../../src/model/forward.js'
import { initialise } from '../../src/model/initialise.js'
import { ops } from '../../src/ops/index.js'
import { emit } from '../../src/ops/op.js'
import { defaultRecipe } from '../../src/tasks/recipe.js'
import { stepGraph } from '../../src/train/step/step.js'
import { describeEngines } from '../engine/engines.js'
import { tinySpec } from '../train/tiny.js'

/** y = w x + b for three rows, and the distance from what is wanted. */
function line() {
  const builder = new GraphBuilder()
  const x = builder.input('x', 'data', f32(3, 1))
  const wanted = builder.input('wanted', 'data', f32(3, 1))
  const weight = builder.input('weight', 'parameter', f32(1, 1))
  const bias = builder.input('bias', 'parameter', f32(1))
  const y = emit(builder, ops.linear, {}, [x, weight, bias], 'line')[0]!
  builder.output('y', y)
  builder.output('loss', emit(builder, ops.squaredError, {}, [y, wanted], 'loss')[0]!)
  return builder.build()
}
const settings = { ...defaultRecipe, weightDecay: 0 }
const weights = new Map([
  ['weight', Float32Array.of(1)],
  ['bias', Float32Array.of(0)],
])
const three = (a: number, b: number, c: number) => Float32Array.of(a, b, c)

await describeEngines((engine) => {
  test('a graph with updates learns, run by run', async () => {
    await using session = await Session.open(engine(), stepGraph([line()], settings), { weights })
    const given = { x: three(1, 2, 3), wanted: three(5, 7, 9), lr: Float32Array.of(0.02) }
    const first = await session.run(given)
    expect(first.y).toEqual({ shape: [3, 1], data: three(1, 2, 3) })
    expect(first.loss!.data[0]).toBeCloseTo((16 + 25 + 36) / 3, 4)
    let loss = Number.POSITIVE_INFINITY
    for (let i = 0; i < 300; i++) loss = (await session.run()).loss!.data[0]! // inputs stay
    expect(loss).toBeLessThan(1e-3)
    const learned = await session.weights()
    expect(learned.get('weight')!.data[0]).toBeCloseTo(2, 1)
    expect(learned.get('bias')!.data[0]).toBeCloseTo(3, 1)
  })
})

test('a plan will do, weights can come later, and its inputs are told', async () => {
  const engine = openReference()
  const plan = planFor(engine, forwardGraph(tinySpec, { batch: 2, mode: 'inference' }))
  await using session = await Session.open(engine, plan)
  expect(session.bytes).toBe(plan.bytes)
  expect(session.inputs.pictures).toEqual(f32(2, 3, 8, 8))
  const pictures = new Float32Array(2 * 3 * 64)
  await expect(session.run({ pictures })).rejects.toThrow(
    'Session.run: parameter stem.conv.weight has no value; open the session with { weights }, or call setWeights first',
  )
  session.setWeights(initialise(tinySpec, { seed: 0 }))
  expect((await session.run({ pictures })).logits!.shape).toEqual([2, 2])
})

test('says what is wrong with what it is given', async () => {
  const engine = openReference()
  const open = (wrong: ReadonlyMap<string, Float32Array>) => Session.open(engine, line(), { weights: wrong })
  await expect(open(new Map([['weight', Float32Array.of(1)]]))).rejects.toThrow('tensor bias is missing')
  await expect(open(new Map([...weights, ['bias', new Float32Array(2)]]))).rejects.toThrow(
    'Session.setWeights: tensor bias has shape 2, its spec expects 1',
  )
  await expect(Session.open(42 as never, line())).rejects.toThrow('Session.open: engine: expected an engine')
  await expect(Session.open(engine, {} as never)).rejects.toThrow('a graph, such as GraphBuilder.build() gives')
  await using session = await open(weights)
  const good = { x: three(1, 2, 3), wanted: three(1, 2, 3) }
  await expect(session.run({ ...good, z: three(1, 2, 3) })).rejects.toThrow(
    'Session.run: the graph has no data input named z; it has x, wanted',
  )
  await expect(session.run({ ...good, x: new Float32Array(2) })).rejects.toThrow(
    'Session.run: x must be a Float32Array of 3 values (3x1), got 2',
  )
  await expect(session.run({ ...good, x: new Int32Array(3) })).rejects.toThrow('x must be a Float32Array of 3 values')
  await expect(session.run({ x: good.x })).rejects.toThrow(
    'Session.run: input wanted was never given; hand in { wanted }',
  )
  await expect(session.run(null as never)).rejects.toThrow('Session.run: inputs: expected an object, got null')
})

test('whole numbers go in as such, and a disposed session says so', async () => {
  const builder = new GraphBuilder()
  const labels = builder.input('labels', 'data', i32(2))
  const logits = builder.input('logits', 'data', f32(2, 2))
  const attributes = { smoothing: 0 }
  builder.output('loss', emit(builder, ops.softmaxCrossEntropy, attributes, [logits, labels], 'loss')[0]!)
  const session = await Session.open(openReference(), builder.build())
  const given = { logits: new Float32Array(4), labels: Int32Array.of(0, 1) }
  expect((await session.run(given)).loss!.data[0]).toBeCloseTo(Math.LN2, 6)
  await expect(session.run({ ...given, labels: three(0, 1, 0) })).rejects.toThrow(
    'Session.run: labels must be an Int32Array of 2 values (2)',
  )
  await session.dispose()
  await expect(session.run(given)).rejects.toThrow('this executable was disposed of')
})
