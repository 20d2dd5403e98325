/** Networks at work: of which class they are, the pictures that they take, what they save, and when engines open. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Classifier,
  deepen,
  evaluate,
  finetune,
  load,
  openEngine,
  type Picture,
  type PictureSource,
  readPicture,
  train,
  type Upscaler,
  untrained,
  vdsr,
  weightHash,
  writePicture,
} from '../../src/internal.node.js'
import { tinyPairs, tinyVdsr } from '../tasks/upscale/tiny.js'
import { tinyData, tinyRecipe, tinySpec } from '../train/tiny.js'

const engine = 'reference'
const folder = mkdtempSync(join(tmpdir(), 'resnet-at-work-'))
const png = join(folder, 'a picture.png')
const data = tinyData()
let net: Classifier

beforeAll(async () => {
  net = (await train(tinySpec, data, tinyRecipe(), { engine })).network
  const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 31) % 256)
  await writePicture(png, { width: 8, height: 8, data: pixels })
})
afterAll(async () => {
  await net.dispose()
  rmSync(folder, { recursive: true, force: true })
})

describe('pictures', () => {
  const sources: [string, () => Promise<Picture | PictureSource>][] = [
    ['a path', async () => png],
    ['a URL', async () => pathToFileURL(png)],
    ['a Blob', async () => new Blob([readFileSync(png)])],
    ['a File', async () => new File([readFileSync(png)], 'p.png')],
    ['the bytes of a file', async () => new Uint8Array(readFileSync(png))],
    ['an ArrayBuffer', async () => new Uint8Array(readFileSync(png)).buffer],
    ['bytes of another realm', async () => runInNewContext('Uint8Array.from(list)', { list: [...readFileSync(png)] })],
    ['a decoded picture', () => readPicture(png)],
    ['one with alpha', () => readPicture(png, { channels: 'rgba' })],
    ['one of 16 bits', async () => deep(await readPicture(png))],
  ]
  const deep = ({ width, height, data }: Awaited<ReturnType<typeof readPicture>>) => ({
    width,
    height,
    data: Uint16Array.from(data, (value) => value * 257),
  })

  test.each(sources)('%s', async (_, source) => {
    const wanted = await net.classify(await readPicture(png))
    expect(await net.classify(await source())).toEqual(wanted)
    expect(await net.predict([await source(), png])).toEqual([wanted, wanted])
    expect((await net.explain(await source())).label).toBe(wanted[0]!.label)
  })

  test('grey and alpha is read as grey on black', async () => {
    const grey = { width: 8, height: 8, data: Uint8Array.from({ length: 64 }, (_, i) => i * 4) }
    const clear = { ...grey, data: Uint8Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? (i >> 1) * 4 : 255)) }
    expect(net.prepare([clear])).toEqual(net.prepare([grey]))
    const half = { ...grey, data: clear.data.map((value, i) => (i % 2 === 0 ? value : 0)) }
    expect(net.prepare([half])).toEqual(net.prepare([{ ...grey, data: new Uint8Array(64) }]))
  })

  test('the score is the probability, and no field', async () => {
    const [best] = await net.classify(png)
    expect(best!.score).toBe(best!.probability)
    expect(Object.keys(best!)).toEqual(['label', 'probability'])
  })
})

describe('a network that was trained', () => {
  test('opens an engine with its first question, and no sooner', async () => {
    const { network } = await train(tinySpec, data, tinyRecipe(), { engine })
    expect(network.engine).toBeUndefined()
    await network.classify(png)
    expect(network.engine!.build).toBe('reference')
    await network.dispose()
    await expect(network.classify(png)).rejects.toThrow('tiny8: this network was disposed of; load it again')
  })

  test('uses the engine that was handed in, and leaves it open', async () => {
    await using shared = await openEngine({ engine })
    const { network } = await train(tinySpec, data, tinyRecipe(), { engine: shared })
    await network.classify(png)
    expect(network.engine).toBe(shared)
    await network.dispose()
    await using other = await load(network, { engine: shared })
    expect(await other.classify(png)).toHaveLength(2)
  })

  test('is what its checkpoint is', async () => {
    const { network, checkpoint, test: tested } = await train(tinySpec, data, tinyRecipe(), { engine })
    await using trained = network
    expect(weightHash(trained.weights)).toBe(weightHash(checkpoint.weights))
    const { engine: build, notes, count, correct, ...figures } = await trained.evaluate(data)
    expect(figures).toEqual(tested)
    expect([build, notes, count, correct]).toEqual(['reference', [], 9, Math.round((tested.accuracy * 9) / 100)])
    expect(tested.accuracy).toBe(100 - tested.top1Error)
    expect(await evaluate(trained, data, { engine })).toEqual(await trained.evaluate(data))
  })

  test.each(['net.safetensors', 'net.onnx'])('saves itself as %s', async (name) => {
    await net.save(join(folder, name))
    expect(readFileSync(join(folder, name)).length).toBeGreaterThan(1000)
    if (name.endsWith('onnx')) return
    await using again = await load(join(folder, name), { engine })
    expect(await again.classify(png)).toEqual(await net.classify(png))
  })

  test('does not save itself in a format that nobody asked for', async () => {
    await expect(net.save(join(folder, 'net.pth'))).rejects.toThrow(
      'expected a name that ends in .safetensors or .onnx',
    )
  })
})

test('what is fine-tuned, deepened or untrained classifies at once', async () => {
  await using tuned = await finetune(net, data, { engine, epochs: 1, lr: 0.01, batchSize: 4, freeze: 'all', views: 1 })
  expect(tuned.kind).toBe('classifier')
  expect(await tuned.classify(png)).toHaveLength(2)
  expect(tuned.test.accuracy).toBe(100 - tuned.test.top1Error)
  expect(tuned.plan.recipe).toMatchObject({ epochs: 1, lr: 0.01, batchSize: 4 })
  await using deeper = deepen(net, { stage: 1, blocks: 1 })
  await using same = await load(deeper, { engine })
  expect(await same.classify(png)).toEqual(await net.classify(png))
  expect(await deeper.classify(png)).toHaveLength(2)
  await using fresh = untrained(tinySpec)
  expect(await fresh.classify(png)).toHaveLength(2)
})

describe('kinds', () => {
  test('each is told by its kind, and refuses the questions of the other', async () => {
    const { network } = await train(tinyVdsr, tinyPairs([2]), { batchSize: 8, steps: 3, lr: 0.01 }, { engine })
    const [classifier, upscaler] = [await load(net, { engine }), await load(network, { engine })]
    expect([classifier.kind, upscaler.kind]).toEqual(['classifier', 'upscaler'])
    await expect(classifier.upscale(png)).rejects.toThrow(
      'tiny8: this network classifies into 2 classes and is not an upscaling network',
    )
    for (const question of ['classify', 'predict', 'explain', 'embed', 'logits'] as const)
      await expect((upscaler as Upscaler)[question](png)).rejects.toThrow(
        'tiny-vdsr: this network upscales pictures and is not a classifier; call its upscale()',
      )
    await classifier.dispose()
    await upscaler.dispose()
    await network.dispose()
  })

  test('an upscaler reads a file with the channels and the depth that it has', async () => {
    const { network } = await train(tinyVdsr, tinyPairs([2]), { batchSize: 8, steps: 3, lr: 0.01 }, { engine })
    await using upscaler = network
    expect(upscaler.scales).toEqual([2])
    const deep = { width: 5, height: 4, data: Uint16Array.from({ length: 40 }, (_, i) => i * 1500) }
    await writePicture(join(folder, 'deep.png'), deep)
    const large = await upscaler.upscale(join(folder, 'deep.png'))
    expect(large).toMatchObject({ width: 10, height: 8 })
    expect(large.data).toBeInstanceOf(Uint16Array)
    expect(large.data.length).toBe(2 * 80)
    expect(await upscaler.upscale(deep, { scale: 2 })).toEqual(large)
  })

  test('a shape of picture that was not seen before compiles a plan once', async () => {
    const compiled: unknown[] = []
    await using shared = await openEngine({ engine })
    const compile = (plan: never) => {
      compiled.push(plan)
      return shared.compile(plan)
    }
    const counting = { ...shared, compile }
    const fresh = untrained(vdsr({ depth: 3, width: 4 }))
    await using upscaler = await load(fresh, { engine: counting as never })
    const picture = { width: 5, height: 4, data: new Uint8Array(20) }
    await (upscaler as Upscaler).upscale(picture, { scale: 2 })
    await (upscaler as Upscaler).upscale(picture, { scale: 2 })
    expect(compiled.length).toBe(1)
  })
})

test('the weights of a layer go by its path, those of a norm by the names of PyTorch too', () => {
  expect(net.parameter('stem.conv.weight').shape).toEqual([4, 3, 3, 3])
  const norm = [...net.weights.keys()].find((path) => path.endsWith('.scale'))!.replace('scale', '')
  for (const [other, own] of Object.entries({
    weight: 'scale',
    bias: 'shift',
    running_mean: 'mean',
    running_var: 'variance',
  }))
    expect(net.parameter(norm + other)).toBe(net.weights.get(norm + own))
  expect(() => net.parameter(`${norm}nothing`)).toThrow(`parameter: tiny8 has no ${norm}nothing; there are ${norm}`)
  expect(() => net.parameter('layer1.0.conv1.weight')).toThrow(
    'parameter: tiny8 has no layer1.0.conv1.weight; there are stem',
  )
})
