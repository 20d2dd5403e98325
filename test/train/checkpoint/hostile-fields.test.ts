/** Fields of a checkpoint or a recipe that are well-formed and ask for work without end. */
import { expect, test } from 'vitest'
import { readSafetensors, writeSafetensors } from '../../../src/formats/safetensors.js'
import { checkPreprocessing } from '../../../src/formats/trained-network.js'
import { completeRecipe } from '../../../src/tasks/complete-recipe.js'
import type { RecipeOptions } from '../../../src/tasks/recipe.js'
import { decodeAnyCheckpoint } from '../../../src/train/checkpoint/checkpoint.js'
import { ConfigError, DataError } from '../../../src/util/errors.js'
import { checkpointFile, preprocessing, small } from '../../fuzz/seeds.js'

test.each<[RecipeOptions, string]>([
  [{ preciseBn: 1e12 }, 'recipe.preciseBn: expected a number of at most 100000, got 1000000000000'],
  [{ epochs: 2 ** 40 }, 'recipe.epochs: expected a number of at most 1000000, got 1099511627776'],
  [{ steps: 2 ** 40 }, 'recipe.steps: expected a number of at most 1000000000, got 1099511627776'],
  [{ batchSize: 2 ** 40 }, 'recipe.batchSize: expected a number of at most 1048576, got 1099511627776'],
  [{ accumulate: 2 ** 40 }, 'recipe.accumulate: expected a number of at most 1048576, got 1099511627776'],
  [
    { schedule: 'step', milestones: Array.from({ length: 1001 }, (_, i) => i + 1) },
    'recipe.milestones: expected at most 1000 epochs, got 1001',
  ],
  [
    { augmentation: { pad: 2 ** 30, flip: true } },
    'recipe.augmentation.pad: expected a whole number of at most 4096, got 1073741824',
  ],
  [
    { ['x'.repeat(1e6)]: 1 } as RecipeOptions,
    `recipe.${'x'.repeat(79)}…: unknown field; the fields are batchSize, accumulate,`,
  ],
  [
    { schedule: 'y'.repeat(1e6) as never },
    `recipe.schedule: expected one of constant, step, cosine, one-cycle; got "${'y'.repeat(78)}…`,
  ],
])('a recipe %#', (options, message) => {
  expect(() => completeRecipe(options)).toThrow(ConfigError)
  expect(() => completeRecipe(options)).toThrow(message)
})

test('pictures are resized to no more than four times what is read', () => {
  const check = (resize: unknown) => checkPreprocessing({ ...preprocessing, resize } as never, small)
  check({ height: 32, width: 32 })
  for (const resize of [{ height: 2 ** 20, width: 2 ** 20 }, { height: 33, width: 8 }, { height: 7, width: 8 }, null])
    expect(() => check(resize)).toThrow(
      'its preprocessing does not fit its spec: resize must be at least 8x8 and at most 4 times as much, got ',
    )
  expect(() => checkPreprocessing({ ...preprocessing, classes: ['a', 'b'.repeat(1001)] } as never, small)).toThrow(
    'class names must be texts, of at most 1000 characters',
  )
})

const file = readSafetensors(checkpointFile)
const withField = (field: string, text: string) =>
  writeSafetensors({ tensors: file.tensors, metadata: { ...file.metadata, checksum: 'unchecked', [field]: text } })
const changed = (field: string, change: object) =>
  withField(field, JSON.stringify({ ...(JSON.parse(file.metadata[field]!) as object), ...change }))

test.each([
  ['spec', '['.repeat(1e5), 'x: refused: it has lists in lists more than 64 deep'],
  ['spec', '"', 'x: its metadata has no readable spec; the file is damaged or was edited'],
  ['progress', `[${'{},'.repeat(6e5)}0]`, 'x: refused: it holds more than 500000 lists and dictionaries'],
])('a checkpoint whose %s is no %#', (field, text, message) => {
  expect(() => decodeAnyCheckpoint(withField(field, text), 'x')).toThrow(message)
})

test.each([
  [
    'tuning',
    { views: 1e12 },
    'x: its tuning makes no sense: views must be a whole number from 1 to 1000, got 1000000000000',
  ],
  ['tuning', { freeze: { toString: 1 } }, 'x: freeze: resnet8 has no {"toString":1}; expected one of none, stem,'],
  [
    'progress',
    { bestOnVal: { epoch: 1 } },
    'x: its progress makes no sense: bestOnVal must be an epoch with its top1Error',
  ],
  [
    'progress',
    { warmUp: {} },
    'x: its progress makes no sense: warmUp must have an error in percent, and a step where it',
  ],
  ['recipe', { preciseBn: 1e12 }, 'x: recipe.preciseBn: expected a number of at most 100000'],
  [
    'preprocessing',
    { resize: { height: 2 ** 20, width: 2 ** 20 } },
    'x: its preprocessing does not fit its spec: resize',
  ],
  ['data', { name: 'n'.repeat(1001) }, 'x: its data makes no sense'],
])('a checkpoint whose %s says something without sense, %#', (field, change, message) => {
  expect(() => decodeAnyCheckpoint(changed(field, change), 'x')).toThrow(DataError)
  expect(() => decodeAnyCheckpoint(changed(field, change), 'x')).toThrow(message)
})
