/** A trained network at work, in Node: loading, answers, activations, and what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fillBatch } from '../../src/data/batches.js'
import { pictureBytes } from '../../src/data/dataset.js'
import { preparePicture } from '../../src/inference/picture.js'
import {
  type Checkpoint,
  createTrainer,
  encodeCheckpoint,
  evaluate,
  load,
  type Picture,
  train,
  type WeightSource,
} from '../../src/internal.node.js'
import { tinyData, tinyRecipe, tinySpec } from '../train/tiny.js'

const reference = { engine: 'reference' } as const
const folder = mkdtempSync(join(tmpdir(), 'resnet-network-'))
const path = join(folder, 'tiny net.safetensors')
const data = tinyData()
let checkpoint: Checkpoint
let bytes: Uint8Array<ArrayBuffer>

beforeAll(async () => {
  const run = await train(tinySpec, data, tinyRecipe(), reference)
  checkpoint = run.checkpoint
  bytes = new Uint8Array(encodeCheckpoint(checkpoint))
  writeFileSync(path, bytes)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A test picture as RGBA. */
function picture(index: number) {
  const { width, height } = data.test
  const planes = pictureBytes(data.test, index)
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let i = 0; i < width * height; i++)
    for (let channel = 0; channel < 3; channel++) pixels[i * 4 + channel] = planes[channel * width * height + i]!
  return { width, height, data: pixels }
}
const pictures = Array.from({ length: data.test.count }, (_, i) => picture(i))

/** The test pictures as evaluation reads them. */
function batchOf(count: number): Float32Array {
  const batch = new Float32Array(count * 3 * 64)
  const indices = Array.from({ length: count }, (_, i) => i)
  const { normalisation } = data
  fillBatch(data.test, indices, batch, new Int32Array(count), { normalisation, seed: 0, epoch: 0 })
  return batch
}

describe('load', () => {
  const sources: [string, () => WeightSource][] = [
    ['a path', () => path],
    ['a file URL', () => pathToFileURL(path)],
    ['an ArrayBuffer', () => bytes.buffer],
    ['bytes', () => bytes],
    ['a Blob', () => new Blob([bytes])],
    ['a checkpoint', () => checkpoint],
  ]
  test.each(sources)('from %s', async (_, source) => {
    await using net = await load(source(), reference)
    expect(net.spec).toEqual(tinySpec)
    expect(net.preprocessing.classes).toEqual(['up', 'down'])
    expect(await net.logits(net.prepare(pictures))).toEqual(
      await load(path, reference).then((n) => n.logits(batchOf(9))),
    )
  })

  test.each<[string, () => WeightSource, string]>([
    ['a file that is not there', () => 'nowhere.safetensors', 'nowhere.safetensors: cannot be read: it does not exist'],
    ['a URL nobody answers', () => new URL('http://127.0.0.1:9/w'), 'http://127.0.0.1:9/w: cannot be fetched: '],
    ['a damaged Blob', () => new File([bytes.slice(0, 100)], 'net.safetensors'), 'net.safetensors: '],
    ['bytes of something else', () => new Uint8Array(100), 'the given bytes: '],
    ['a number', () => 3 as unknown as WeightSource, 'load: expected an address, a Blob, an ArrayBuffer, a Uint8Array'],
  ])('%s is refused', async (_, source, message) => {
    await expect(load(source(), reference)).rejects.toThrow(message)
  })

  test('is ended by its signal', async () => {
    await expect(load(path, { ...reference, signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
  })
})

describe('a network', () => {
  test('answers as its evaluation counts', async () => {
    await using net = await load(path, reference)
    const { correct } = await evaluate(checkpoint, data, reference)
    const answers = await net.classify(pictures)
    const right = answers.filter(([best], i) => best!.label === data.classes[data.test.labels[i]!])
    expect(right.length).toBe(correct)
    for (const answer of answers) {
      expect(answer.map(({ probability }) => probability)).toEqual(
        answer.map((a) => a.probability).sort((a, b) => b - a),
      )
      expect(answer.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12)
    }
  })

  test('gives one picture one list, as long as asked for', async () => {
    await using net = await load(path, reference)
    const all = await net.classify(pictures)
    expect(await net.classify(pictures[3]!)).toEqual(all[3])
    expect(await net.classify(pictures[3]!, { top: 1 })).toEqual(all[3]!.slice(0, 1))
    await expect(net.classify(pictures, { top: 0 })).rejects.toThrow(
      'top: expected a whole number of at least 1, got 0',
    )
  })

  test('takes more pictures than fit a run, several questions at a time, on a fast engine', async () => {
    await using net = await load(path, { engine: 'wasm', threads: 2 })
    const many = Array.from({ length: 37 }, (_, i) => pictures[i % 9]!)
    const [all, few] = await Promise.all([net.classify(many), net.classify(pictures.slice(0, 3))])
    expect(all.length).toBe(37)
    for (const [i, answer] of all.entries())
      for (const [k, { probability }] of answer.entries())
        expect(probability).toBeCloseTo(all[i % 9]![k]!.probability, 5)
    expect(few.map(([best]) => best!.label)).toEqual(all.slice(0, 3).map(([best]) => best!.label))
  })

  test('shows what its layers give, by path', async () => {
    await using net = await load(path, reference)
    const batch = batchOf(20 % 9)
    const taps = await net.activations(batch, ['stem', 'stage2.block1.add', 'head.pool'])
    expect(Object.entries(taps).map(([name, { shape }]) => [name, shape])).toEqual([
      ['stem', [2, 4, 8, 8]],
      ['stage2.block1.add', [2, 6, 4, 4]],
      ['head.pool', [2, 8]],
    ])
    const { weights } = checkpoint
    const classifier = (row: number, k: number) =>
      taps['head.pool'].data
        .subarray(row * 8, row * 8 + 8)
        .reduce((sum, x, i) => sum + x * weights.get('head.classifier.weight')!.data[k * 8 + i]!, 0) +
      weights.get('head.classifier.bias')!.data[k]!
    const logits = await net.logits(batch)
    expect(logits[3]).toBeCloseTo(classifier(1, 1), 5)
    await expect(net.activations(batch, ['stage2.block9'])).rejects.toThrow(
      /tap stage2\.block9: tiny8 has no such layer/,
    )
  })

  test('says what it reads', async () => {
    await using net = await load(path, reference)
    await expect(net.logits(new Float32Array(100))).rejects.toThrow(
      'tiny8: expected a batch of one or more pictures of 3x8x8, that is a multiple of 192 floats, got 100',
    )
  })

  test('is of no use after its end, and its end comes once', async () => {
    const net = await load(path, reference)
    await net.logits(batchOf(1))
    await Promise.all([net.dispose(), net.dispose()])
    await expect(net.logits(batchOf(1))).rejects.toThrow('tiny8: this network was disposed of; load it again')
  })

  test('stops between runs when its signal says so', async () => {
    await using net = await load(path, reference)
    const controller = new AbortController()
    const running = net.logits(batchOf(9), { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect((await net.logits(batchOf(1))).length).toBe(2)
  })
})

describe('pictures', () => {
  const preprocessing = {
    input: { channels: 3, height: 2, width: 2 },
    normalisation: { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
    classes: [],
  }
  const grey = {
    ...preprocessing,
    input: { channels: 1, height: 2, width: 2 },
    normalisation: { mean: [0], std: [1 / 255] },
  }
  /** What the network reads, as 8-bit values. */
  const read = (given: Picture, how: Parameters<typeof preparePicture>[1] = preprocessing) => {
    const out = new Float32Array(how.input.channels * 4)
    preparePicture(given, how, out, 0, 'picture 1 of 1')
    return Array.from(out, Math.round)
  }

  test('RGB, RGBA on black and grey', () => {
    const rgb = { width: 2, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) }
    expect(read(rgb)).toEqual([1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12])
    const rgba = {
      width: 2,
      height: 2,
      data: Uint8Array.of(200, 100, 50, 255, 200, 100, 50, 51, 9, 9, 9, 0, 1, 2, 3, 255),
    }
    expect(read(rgba)).toEqual([200, 40, 0, 1, 100, 20, 0, 2, 50, 10, 0, 3])
    const levels = { width: 2, height: 2, data: Uint8Array.of(1, 2, 3, 4) }
    expect(read(levels)).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
    expect(read(levels, grey)).toEqual([1, 2, 3, 4])
    expect(read({ ...rgb, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 80, 80, 80) }, grey)).toEqual([
      76, 150, 29, 80,
    ])
  })

  test('larger ones lose what is too wide, and are averaged', () => {
    const rows = Array.from({ length: 4 }, (_, y) => [99, y < 2 ? 10 : 30, y < 2 ? 10 : 30, 20, 20, 99])
    expect(read({ width: 6, height: 4, data: Uint8Array.from(rows.flat()) }, grey)).toEqual(
      // The widened triangle reaches half a pixel of the next two.
      [13, 18, 27, 23].map((value) => expect.closeTo(value, -1)),
    )
  })

  test('are resized before their centre is cut out, where the network was trained so', () => {
    const rows = [0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0]
    const framed = { width: 4, height: 4, data: Uint8Array.from(rows) }
    expect(read(framed, { ...grey, resize: { height: 4, width: 4 } })).toEqual([1, 2, 3, 4])
  })

  test.each<[Picture, string]>([
    [
      { width: 2, height: 2, data: new Uint8Array(20) },
      'picture 1 of 1: expected 2x2 pixels of 1 to 4 values (grey, grey and alpha, RGB, RGBA), got 20 values',
    ],
    [
      { width: 0, height: 2, data: new Uint8Array() },
      'picture 1 of 1: expected a width and height of whole pixels, got 0 and 2',
    ],
    [
      { width: 2, height: 2 },
      'picture 1 of 1: expected { width, height, data } with its pixels, as there is no canvas here to draw on',
    ],
  ])('%j is refused', (given, message) => {
    expect(() => read(given)).toThrow(message)
  })
})

describe('a training looked into', () => {
  const plain = { momentum: 0, weightDecay: 0, decayOn: 'all' } as const

  test('gradient norms are those of the next step, and disturb nothing', async () => {
    await using trainer = await createTrainer(tinySpec, data, tinyRecipe(plain), reference)
    for await (const _ of trainer.steps(2));
    const before = await trainer.weightHash()
    const norms = await trainer.gradientNorms()
    expect(await trainer.weightHash()).toBe(before)
    for await (const _ of trainer.steps(1));
    const { optimizer } = await trainer.checkpoint()
    expect([...norms.keys()].map((name) => `velocity/${name}`).sort()).toEqual([...optimizer.keys()].sort())
    for (const [name, { data: gradient }] of optimizer)
      expect(norms.get(name.slice('velocity/'.length))).toBeCloseTo(Math.hypot(...gradient), 5)
  })

  test('activations are of the batch of the next step', async () => {
    await using trainer = await createTrainer(tinySpec, data, tinyRecipe(), reference)
    const { stage1, 'stem.norm': norm } = await trainer.activations(['stage1', 'stem.norm'])
    expect(stage1.shape).toEqual([8, 4, 8, 8])
    const means = Array.from({ length: 4 }, (_, channel) => {
      const values = norm.data.filter((_, i) => Math.floor(i / 64) % 4 === channel)
      return values.reduce((sum, value) => sum + value, 0) / values.length
    })
    for (const mean of means) expect(mean).toBeCloseTo(0, 5)
  })

  test('hooks set the learning rate and hear of every step', async () => {
    const heard: number[] = []
    const hooks = {
      learningRate: (step: number, scheduled: number) => (step === 1 ? 0 : scheduled),
      onStep: async ({ step, lr }: { step: number; lr: number }) => {
        heard.push(step, lr)
        if (step === 2) expect((await trainer.evaluate()).count).toBe(9)
      },
    }
    await using trainer = await createTrainer(tinySpec, data, tinyRecipe({ schedule: 'constant' }), {
      ...reference,
      hooks,
    })
    for await (const _ of trainer.steps(3));
    expect(heard).toEqual([1, 0.05, 2, 0, 3, 0.05])
  })

  test('a learning rate without meaning is refused, and errors of hooks come out', async () => {
    const hooked = (hooks: object) => train(tinySpec, data, tinyRecipe(), { ...reference, hooks })
    await expect(hooked({ learningRate: () => Number.NaN })).rejects.toThrow(
      'hooks.learningRate: expected a number of at least 0 for step 0, got NaN',
    )
    const onStep = () => {
      throw new Error('mine')
    }
    await expect(hooked({ onStep })).rejects.toThrow('mine')
  })
})
