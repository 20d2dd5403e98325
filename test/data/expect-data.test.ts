/** Data sets are looked at when they are handed in: labels, pixels and normalisation that mean nothing are refused. */
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import {
  type Plane as AnyPlane,
  createTrainer,
  DataError,
  type Dataset,
  evaluate,
  finetune,
  fullyConnected,
  type Pictures,
  pictureBytes,
  quality,
  train,
  untrained,
} from '../../src/internal.node.js'

type Plane = AnyPlane<Uint8Array>
const spec = fullyConnected({ depth: 6, inputs: { channels: 3, height: 4, width: 4 }, widths: [2], classes: 2 })
const pictures = (count: number): Pictures<Uint8Array> => ({
  count,
  channels: 3,
  height: 4,
  width: 4,
  pixels: Uint8Array.from({ length: count * 48 }, (_, i) => (i * 37) % 256),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 2),
})
const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] }
const data: Dataset = { name: 'tiny', classes: ['a', 'b'], train: pictures(6), test: pictures(4), normalisation }
const recipe = { batchSize: 2, steps: 1, augmentation: { pad: 0, flip: false } }
const options = { engine: 'reference' } as const

/** Of a part with other fields than it should have. */
const changed = (part: 'train' | 'test' | 'val', fields: object): Dataset => ({
  ...data,
  [part]: { ...data[part === 'val' ? 'test' : part], ...fields },
})
const labels = (...values: unknown[]) => ({ labels: values as unknown as Uint8Array })

const refused: readonly (readonly [string, Dataset, string])[] = [
  [
    'below 0',
    changed('train', labels(0, 1, 0, -1, 0, 1)),
    'data.train.labels: picture 3 has -1, expected a class number from 0 to 1',
  ],
  [
    'a fraction',
    changed('train', labels(0, 0.5, 0, 1, 0, 1)),
    'data.train.labels: picture 1 has 0.5, expected a class number from 0 to 1',
  ],
  [
    'no number',
    changed('test', labels(0, 1, 0, Number.NaN)),
    'data.test.labels: picture 3 has NaN, expected a class number from 0 to 1',
  ],
  [
    'no class',
    changed('val', labels(0, 1, 0, 2)),
    'data.val.labels: picture 3 has 2, expected a class number from 0 to 1',
  ],
  [
    'too few',
    changed('train', labels(0, 1, 0)),
    'data.train.labels: expected a class number for each of 6 pictures, got 3',
  ],
  [
    'pixels',
    changed('train', { pixels: new Uint8Array(5 * 48) }),
    'data.train.pixels: expected 288 bytes (6 pictures of 3x4x4), got 240',
  ],
  [
    'views',
    changed('train', { pixels: { views: [new Float32Array(9)] } }),
    'data.train.pixels: expected 288 floats (6 pictures of 3x4x4), got 9',
  ],
  [
    'no views',
    changed('train', { pixels: { views: [] } }),
    'data.train.pixels: has no views of its features, at least one is needed',
  ],
  [
    'means',
    { ...data, normalisation: { mean: [0], std: [1, 1, 1] } },
    'data.normalisation.mean: expected 3 numbers, one a channel, got 1',
  ],
  [
    'deviations',
    { ...data, normalisation: { mean: [0, 0, 0], std: [1, 0, 1] } },
    'data.normalisation.std: channel 1 has 0, expected a finite number above 0',
  ],
  ['names', { ...data, classes: ['a', 3 as unknown as string] }, 'data.classes[1]: expected a text, got 3'],
]

test.each(refused)('%s', async (_, wrong, message) => {
  const attempts = [
    () => createTrainer(spec, wrong, recipe, options),
    () => train(spec, wrong, recipe, options),
    () => evaluate(untrained(spec), wrong, options),
    () => finetune(untrained(spec), wrong, options),
  ]
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow(message)
})

test('the error is one of data, and pictures of an evaluation are looked at too', async () => {
  await expect(train(spec, refused[0]![1], recipe, options)).rejects.toBeInstanceOf(DataError)
  await using trainer = await createTrainer(spec, data, recipe, options)
  const wrong = { ...data.test, ...labels(0, 1, 0, -2) } as Pictures<Uint8Array>
  await expect(trainer.evaluate(wrong)).rejects.toThrow(
    'evaluate: pictures.labels: picture 3 has -2, expected a class number',
  )
})

test('planes to enlarge have as many values as pixels', () => {
  const [right, short] = [9, 3].map((length) => ({ height: 3, width: 3, values: new Uint8Array(length) })) as [
    Plane,
    Plane,
  ]
  expect(() => quality(right, short, 0)).toThrow('quality: truth.values: expected 9 (3x3), got 3')
  expect(() => quality(right, 'x' as unknown as Plane, 0)).toThrow('quality: truth: expected one channel of a picture')
})

test('bytes of another realm are bytes', async () => {
  const foreign = (count: number) => ({
    ...pictures(count),
    pixels: runInNewContext(`Uint8Array.from([${[...pictures(count).pixels]}])`) as Uint8Array,
  })
  expect([...pictureBytes(foreign(2), 1)]).toEqual([...pictureBytes(pictures(2), 1)])
  const own = await train(spec, data, recipe, options)
  const other = await train(spec, { ...data, train: foreign(6), test: foreign(4) }, recipe, options)
  expect(other.weightHash).toBe(own.weightHash)
})
