/**
 * Evaluations that give no numbers: training ends and names the step and the layer, and neither the best checkpoint nor a
 * good last one is replaced. Weights that give none answer nothing.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ChosenEngine } from '../../src/engine/engine.js'
import { openReference } from '../../src/engine/reference/engine.js'
import {
  type Checkpoint,
  evaluate,
  finetune,
  load,
  RunFolder,
  RunKeeper,
  readCheckpoint,
  type TrainedNetwork,
  type TrainingHooks,
  train,
  trainToEnd,
} from '../../src/internal.node.js'
import { initialise } from '../../src/model/initialise.js'
import { Trainer } from '../../src/train/trainer.js'
import { tinyPairs, tinyVdsr } from '../tasks/upscale/tiny.js'
import { tinyData, tinyRecipe, tinySpec } from './tiny.js'

const base = mkdtempSync(join(tmpdir(), 'lost evaluations '))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const engine = openReference() as unknown as ChosenEngine

/**
 * A step that leaves weights which are numbers, and so large that an inference has none: norms of a training step divide
 * by what the batch has, so that its own loss tells nothing.
 */
const leap = (step: number): TrainingHooks => ({ learningRate: (now, lr) => (now === step ? 1e30 : lr) })

const LOST =
  /the loss of the evaluation is no number; it appeared first in layer stem\.norm, where a result became -?Infinity; this training cannot go on: begin again with a smaller learning rate or a warm-up$/

describe('a training whose evaluation gives no numbers', () => {
  test('ends, and names step and layer', async () => {
    const ended = train(tinySpec, tinyData(), tinyRecipe(), { engine, hooks: leap(2) })
    await expect(ended).rejects.toThrow(/^step 3 \(epoch 1\): /)
    await expect(ended).rejects.toThrow(LOST)
  })

  test('gives nothing more', async () => {
    await using trainer = await Trainer.open(engine, tinySpec, tinyData(), tinyRecipe(), { hooks: leap(0) })
    for await (const _ of trainer.steps(1));
    await expect(trainer.evaluate(tinyData(8, 4).test)).rejects.toThrow(LOST)
    await expect(trainer.checkpoint()).rejects.toThrow('the numbers of this training were lost')
  })

  /** As the command line keeps it, with a checkpoint a step. */
  async function kept(name: string, hooks: TrainingHooks, epochs = 3) {
    const folder = new RunFolder(join(base, name))
    await folder.startAnew()
    await using trainer = await Trainer.open(engine, tinySpec, tinyData(), tinyRecipe({ epochs }), { hooks })
    const heldBack: [step: number, saved: number][] = []
    const keeper = new RunKeeper(trainer as never, folder, undefined, {
      every: { steps: 1 },
      onHeldBack: (step, _, saved) => heldBack.push([step, saved]),
    })
    await keeper.save()
    const error = await trainToEnd(trainer as never, {
      onProgress: async ({ step }) => keeper.progress(step),
      onEpoch: (record) => keeper.epoch(record),
    }).then(
      () => undefined,
      (error: Error) => error,
    )
    folder.release()
    return { folder, error, saved: keeper.saved, heldBack }
  }

  test('in the first epoch: no best checkpoint, and the last one is of a step that gave numbers', async () => {
    const { folder, error, saved, heldBack } = await kept('first', leap(2))
    expect(error?.message).toMatch(/^step 3 \(epoch 1\)/)
    expect(existsSync(folder.best)).toBe(false)
    const last = await readCheckpoint(folder.last)
    expect(last.progress.step).toBeLessThan(3)
    expect(saved).toBe(`the checkpoint of step ${last.progress.step} in ${folder.path} is whole`)
    for (const [step, stays] of heldBack) expect([step, stays]).toEqual([3, last.progress.step])
    expect((await evaluate(last, tinyData(), { engine })).loss).toBeLessThan(10)
  })

  test('later: the best one stays', async () => {
    const { folder, error } = await kept('later', leap(5))
    expect(error?.message).toMatch(/^step 6 \(epoch 2\)/)
    const best = await readCheckpoint(folder.best)
    expect(best.progress).toMatchObject({ step: 3, best: { epoch: 1 } })
    expect((await readCheckpoint(folder.last)).progress.step).toBeLessThan(6)
  })

  test('a state that gives no numbers is not saved over one that does, but over one that does not', async () => {
    const folder = new RunFolder(join(base, 'held back'))
    await folder.startAnew()
    await using trainer = await Trainer.open(engine, tinySpec, tinyData(), tinyRecipe(), { hooks: leap(1) })
    const heldBack: [number, string, number][] = []
    const onHeldBack = (...words: [number, string, number]) => heldBack.push(words)
    const keeper = new RunKeeper(trainer as never, folder, undefined, { onHeldBack })
    for await (const _ of trainer.steps(1));
    expect(await keeper.save()).toBe(1)
    for await (const _ of trainer.steps(1));
    expect(await keeper.save()).toBe(1)
    expect(await keeper.save()).toBe(1)
    expect(heldBack).toEqual([[2, expect.stringContaining('it appeared first in layer stem'), 1]])
    expect((await readCheckpoint(folder.last)).progress.step).toBe(1)
    const other = new RunKeeper(trainer as never, folder)
    expect(await other.save()).toBe(2)
    expect(other.saved).toContain('is whole, but gives no numbers either')
    folder.release()
  })
})

/** With some values of a tensor in place of its own. */
function changed<T extends TrainedNetwork>(
  network: T,
  tensor: string,
  to: (value: number, index: number) => number,
): T {
  const { shape, data } = network.weights.get(tensor)!
  return { ...network, weights: new Map([...network.weights, [tensor, { shape, data: data.map(to) }]]) }
}

describe('weights that give no numbers', () => {
  let network: Checkpoint
  beforeAll(async () => {
    await using trainer = await Trainer.open(engine, tinySpec, tinyData(), tinyRecipe())
    network = await trainer.checkpoint()
  })
  const overflowing = () => changed(network, 'head.classifier.weight', (_, i) => (i < 8 ? 3e38 : -3e38))
  const LAYER =
    'tiny8: gives NaN or an infinity instead of numbers; it appeared first in layer head.classifier, where a result became '
  const END = '; take an earlier checkpoint, or train again with a smaller learning rate'
  const picture = { width: 8, height: 8, data: Uint8Array.from({ length: 192 }, (_, i) => (i * 37) % 256) }

  test('are not evaluated', async () => {
    const evaluated = evaluate(overflowing(), tinyData(), { engine })
    await expect(evaluated).rejects.toThrow(LAYER)
    await expect(evaluated).rejects.toThrow(END)
  })

  test('answer nothing', async () => {
    await using net = await load(overflowing(), { engine })
    await expect(net.classify(picture)).rejects.toThrow(LAYER)
    await expect(net.explain(picture)).rejects.toThrow(LAYER)
    await expect(net.embed(picture)).rejects.toThrow(LAYER)
    const batch = net.prepare([picture]).fill(Number.NaN)
    await expect(net.logits(batch)).rejects.toThrow('the pictures already held NaN or an infinity')
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('are told by their tensor where it holds %s', async (value) => {
    const bad = changed(network, 'stage2.block1.conv1.weight', (old, i) => (i === 3 ? value : old))
    const message = `tiny8: gives NaN or an infinity instead of numbers; its stage2.block1.conv1.weight holds ${value}${END}`
    await expect(load(bad, { engine })).rejects.toThrow(message)
    await expect(evaluate(bad, tinyData(), { engine })).rejects.toThrow(message)
    await expect(finetune(bad, tinyData(), { engine })).rejects.toThrow(message)
  })

  test('are not fine-tuned, frozen or not', async () => {
    const large = changed(network, 'stage3.block1.norm2.scale', () => 3e38)
    const widened = changed(large, 'stage3.block1.norm2.variance', () => 0)
    await expect(finetune(widened, tinyData(), { engine, freeze: 'all' })).rejects.toThrow(
      'the frozen part of the network gave them at head.pool',
    )
  })

  test('enlarge nothing', async () => {
    const { normalisation } = tinyPairs()
    const { input } = tinyVdsr
    const weights = new Map(
      [...initialise(tinyVdsr, { seed: 0 })].map(([name, data]) => [name, { shape: [] as number[], data }]),
    )
    const shapes = await import('../../src/model/forward.js')
    for (const { name, value } of shapes.forwardGraph(tinyVdsr, { batch: 1, mode: 'inference' }).inputs)
      if (weights.has(name)) weights.set(name, { ...weights.get(name)!, shape: [...value.type.shape] })
    const vdsr = { spec: tinyVdsr, preprocessing: { normalisation, input, classes: [], scales: [2] }, weights }
    const last = [...weights.keys()].filter((name) => name.endsWith('.weight')).at(-1)!
    const huge = { ...vdsr, weights: new Map(weights) }
    for (const [name, { shape, data }] of weights) huge.weights.set(name, { shape, data: data.map(() => 1e30) })
    await using net = await load(huge, { engine })
    const grey = { width: 9, height: 7, data: new Uint8Array(63).map((_, i) => i * 4) }
    await expect(net.upscale(grey)).rejects.toThrow(
      /^tiny-vdsr: gives NaN or an infinity instead of numbers; it appeared first in layer \w/,
    )
    await expect(evaluate(net, tinyPairs(), { engine })).rejects.toThrow(/^tiny-vdsr: gives NaN or an infinity/)
    await expect(
      load(
        changed(vdsr, last, () => Number.NaN),
        { engine },
      ),
    ).rejects.toThrow(`its ${last} holds NaN`)
  })
})
