/** Mistakes that people make when they call the package: the answer names the argument, what was expected and the remedy. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, test } from 'vitest'
import {
  builtin,
  ConfigError,
  classifierOf,
  completeRecipe,
  createTrainer,
  DataError,
  type Dataset,
  drawExplanation,
  encodeCheckpoint,
  findPictures,
  fullyConnected,
  load,
  luminanceOf,
  type NetworkSpec,
  type Picture,
  preset,
  type RecipeOptions,
  readStudyResults,
  removeBlock,
  runDemo,
  runStudies,
  studies,
  tableDataset,
  train,
  untrained,
  weightHash,
  writePicture,
} from '../../src/internal.node.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet mistakes '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const spec = fullyConnected({ depth: 6, inputs: { channels: 3, height: 4, width: 4 }, widths: [2], classes: 2 })
const network = untrained(spec)
const pictures = { width: 4, height: 4, data: new Uint8Array(48) }
const options = { engine: 'reference' } as const
const net = await load(network, options)
afterAll(() => net.dispose())

const as = <T>(value: unknown) => value as T
const refusal = async (work: () => unknown): Promise<string> => {
  try {
    await work()
  } catch (error) {
    if (error instanceof ConfigError || error instanceof DataError) return error.message
    throw error
  }
  return 'nothing was thrown'
}

describe('in place of a picture', () => {
  test.each([
    ['a promise', Promise.resolve(pictures), 'got a Promise (await it first); in Node readPicture(path) gives one'],
    ['nothing', undefined, 'got nothing; in Node readPicture(path) gives one'],
  ])('%s', async (_, given, rest) => {
    const wanted = `picture 1 of 1: expected a picture, { width, height, data }, ${rest}`
    expect(await refusal(() => net.classify(as<Picture>(given)))).toContain(wanted)
    expect(await refusal(() => net.explain(as<Picture>(given)))).toContain(wanted)
  })

  test.each([
    ['a path where nothing lies', 'cat.jpg', 'cat.jpg: cannot be read: it does not exist'],
    ['a file that is no picture', new File(['x'], 'cat.jpg'), 'cat.jpg: is no picture that can be read'],
    ['bytes that are no picture', new Uint8Array(9), 'the picture: is no picture that can be read'],
  ])('%s', async (_, given, wanted) => {
    expect(await refusal(() => net.classify(given))).toContain(wanted)
    expect(await refusal(() => net.classify([given, given]))).toContain(wanted)
    expect(await refusal(() => net.explain(given))).toContain(wanted)
  })

  test.each([
    ['a path', 'cat.jpg', 'got "cat.jpg"; in Node readPicture(path) reads a file'],
    ['a file', new File(['x'], 'cat.jpg'), 'got a File; createImageBitmap(file) decodes it in browsers'],
    ['its bytes', new Uint8Array(9), 'got a Uint8Array of 9; decode them first: in Node readPicture(path) does'],
  ])('%s, where nothing is decoded', async (_, given, rest) => {
    expect(await refusal(() => net.prepare([as<Picture>(given)]))).toContain(
      `picture 1 of 1: expected a picture, { width, height, data }, ${rest}`,
    )
  })

  test('a plain list of values, or floats', async () => {
    const data = (given: unknown) => refusal(() => net.classify({ ...pictures, data: as<Uint8Array>(given) }))
    const wanted = 'expected data of 8-bit or 16-bit values (a Uint8Array, Uint8ClampedArray or Uint16Array)'
    expect(await data(Array.from(pictures.data))).toBe(`picture 1 of 1: ${wanted}, got a list of 48`)
    expect(await data(new Float32Array(48))).toContain('got a Float32Array of 48')
    expect(await refusal(() => net.classify({ ...pictures, width: as<number>('4') }))).toContain(
      'expected a width and height of whole pixels, got "4" and 4',
    )
  })

  test('pixels of another realm are no mistake', async () => {
    const foreign = as<Uint8Array>(runInNewContext('new Uint8Array(48)'))
    expect(await net.classify({ ...pictures, data: foreign })).toEqual(await net.classify(pictures))
  })
})

describe('in place of a spec', () => {
  const data = builtin({ size: 16, train: 2, test: 2 })

  test('its name, a data set, nothing', async () => {
    expect(await refusal(() => train(as<NetworkSpec>('resnet56'), data))).toBe(
      'spec: expected a spec, such as preset("resnet56") gives, got "resnet56"',
    )
    expect(await refusal(() => createTrainer(as<NetworkSpec>(data), as<Dataset>(spec)))).toBe(
      'spec: expected a spec, such as preset("resnet20") gives, got an object with name, classes, train, test …',
    )
    expect(await refusal(() => removeBlock(as<NetworkSpec>(undefined), 'stage1.block1'))).toBe(
      'removeBlock: spec: expected a spec, such as preset("resnet20") gives, got nothing',
    )
    expect(await refusal(() => classifierOf(as<NetworkSpec>(3)))).toBe(
      'classifierOf: spec: expected a spec, such as preset("resnet20") gives, got 3',
    )
    expect(await refusal(() => removeBlock(spec, as<'stage1.block1'>(2)))).toBe(
      'path: expected the path of a block, such as stage2.block3, got 2',
    )
    expect(await refusal(() => preset(as<'resnet20'>(20)))).toContain('preset: no network is named 20')
  })

  test('a data set that is still on its way, and a network for one', async () => {
    expect(await refusal(() => train(spec, as<Dataset>(Promise.resolve(data))))).toBe(
      'data: expected a data set, such as builtin() gives, got a Promise (await it first)',
    )
    expect(await refusal(() => train(spec, as<Dataset>(network)))).toContain('data: expected a data set')
  })
})

test('a text for a number in a recipe, and a recipe that is none', async () => {
  expect(await refusal(() => completeRecipe(as<RecipeOptions>({ lr: '0.1' })))).toBe(
    'recipe.lr: expected a number above 0, got "0.1"',
  )
  expect(await refusal(() => completeRecipe(as<RecipeOptions>({ warmupUntil: '80' })))).toBe(
    'recipe.warmupUntil: expected a number, got "80"',
  )
  expect(await refusal(() => completeRecipe(as<RecipeOptions>(10)))).toBe(
    'recipe: expected an object of options, got 10',
  )
})

describe('in place of a network', () => {
  test('its spec, a path, a list', async () => {
    const wanted = 'expected an address, a Blob, an ArrayBuffer, a Uint8Array or a trained network, got'
    expect(await refusal(() => load(as<string>(spec), options))).toContain(
      `load: ${wanted} an object with format, name`,
    )
    expect(await refusal(() => load(as<string>(undefined), options))).toBe(`load: ${wanted} nothing`)
    expect(await refusal(() => load(as<string>({ ...network, spec: 'resnet20' }), options))).toBe(
      'load: source.spec: expected an object, got "resnet20"',
    )
    expect(await refusal(() => weightHash(as<typeof network.weights>(network)))).toContain(
      'expected a Map, got an object',
    )
    expect(await refusal(() => encodeCheckpoint(as<Parameters<typeof encodeCheckpoint>[0]>(network)))).toContain(
      'encodeCheckpoint: checkpoint: expected a checkpoint, such as decodeCheckpoint() gives, got ',
    )
  })

  test('weights and addresses of another realm are no mistake', async () => {
    const { checkpoint } = await train(
      spec,
      { ...tiny(), name: 'tiny' },
      { batchSize: 2, steps: 1, augmentation: { pad: 0, flip: false } },
      options,
    )
    const bytes = encodeCheckpoint(checkpoint)
    const foreign = as<Uint8Array>(runInNewContext('Uint8Array.from(bytes)', { bytes: Array.from(bytes) }))
    for (const source of [foreign, foreign.buffer]) {
      await using loaded = await load(as<Uint8Array>(source), options)
      expect(weightHash(loaded.weights)).toBe(weightHash(checkpoint.weights))
    }
  })
})

function tiny(): Dataset {
  const part = { count: 2, channels: 3, height: 4, width: 4, pixels: new Uint8Array(96), labels: Uint8Array.of(0, 1) }
  return { name: 't', classes: ['a', 'b'], train: part, test: part, normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } }
}

test('an engine that is none, a signal that is none, steps that are none', async () => {
  const data = tiny()
  const recipe = { batchSize: 2, steps: 1, augmentation: { pad: 0, flip: false } }
  expect(await refusal(() => train(spec, data, recipe, { engine: as<'auto'>({}) }))).toBe(
    'options.engine: expected the name of an engine, or one that openEngine() opened, got an object without fields',
  )
  expect(await refusal(() => train(spec, data, recipe, { ...options, signal: as<AbortSignal>(true) }))).toBe(
    'options.signal: expected the signal of an AbortController, got true',
  )
  await using trainer = await createTrainer(spec, data, recipe, options)
  expect(await refusal(() => trainer.steps(as<number>('3')).next())).toBe(
    'steps: expected how many steps to train, from 0, got "3"',
  )
})

test('pixels that are none', async () => {
  const explanation = await net.explain(pictures)
  expect(await refusal(() => drawExplanation({ ...pictures, width: 2 }, explanation))).toBe(
    'drawExplanation: the picture has 2x4 pixels, the explanation is of one of 4x4',
  )
  expect(await refusal(() => luminanceOf({ ...pictures, width: 5 }))).toBe(
    'luminanceOf: picture: expected 5x4 pixels of 1 to 4 values, got 48 values',
  )
  const file = join(folder, 'x.png')
  expect(await refusal(() => writePicture(file, { ...pictures, height: 3, data: new Uint8Array(60) }))).toBe(
    'writePicture: expected 4x3 pixels of 1 to 4 values, got 60 values',
  )
  expect(await refusal(() => writePicture(join(folder, 'x.nothing'), pictures))).toContain(
    'x.nothing: expected a name that ends in .png, .jpg',
  )
  const wide = { width: 70_000, height: 1, data: new Uint8Array(210_000) }
  expect(await refusal(() => writePicture(join(folder, 'x.jpg'), wide))).toContain('x.jpg: cannot be written as jpeg: ')
})

test('an engine that is none for studies and the demonstration, and numbers that are none', async () => {
  const wanted = 'options.engine: expected the name of an engine, or one that openEngine() opened, got '
  for (const [engine, got] of [
    [null, 'null'],
    [[], 'an empty list'],
    [Promise.resolve(1), 'a Promise (await it first)'],
  ] as const) {
    expect(await refusal(() => runStudies([], as({ engine })))).toBe(wanted + got)
    expect(await refusal(() => runDemo(as({ engine, steps: 1 })))).toBe(wanted + got)
  }
  expect(await refusal(() => runDemo(as({ ...options, steps: '9' })))).toBe(
    'steps: expected a whole number of at least 1, got "9"',
  )
  const studied = (more: object) => refusal(() => runStudies([], { ...options, ...more }))
  expect(await studied({ depths: [8, '20'] })).toBe('depths: expected whole numbers of at least 1, got 8, "20"')
  expect(await studied({ depths: [] })).toBe('depths: expected whole numbers of at least 1, got none')
  expect(await studied({ seeds: [Symbol('x')] })).toBe('seeds: expected different whole numbers from 0, got a symbol')
})

test('rows, paths, and results that were damaged', async () => {
  expect(await refusal(() => tableDataset(as<number[][]>([3, 4]), [0, 1]))).toBe(
    'tableDataset: row 1: expected a list of numbers, got 3',
  )
  expect(await refusal(() => findPictures(as<string[]>('cats')))).toBe(
    'findPictures: names: expected a list of paths, got "cats"',
  )
  const { name } = studies[0]!
  mkdirSync(join(folder, name))
  writeFileSync(join(folder, name, 'results.json'), '{"half')
  expect(await refusal(() => readStudyResults(folder))).toBe(
    `${join(folder, name, 'results.json')}: is damaged; remove it, and run the study again`,
  )
})
