/** Checkpoints: what they carry, and what is said of files that are none. */
import { describe, expect, test } from 'vitest'
import { openReference } from '../../../src/engine/reference/engine.js'
import { readSafetensors, writeSafetensors } from '../../../src/formats/safetensors.js'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../../src/train/checkpoint/checkpoint.js'
import { checksum } from '../../../src/train/checkpoint/checksum.js'
import { Trainer } from '../../../src/train/trainer.js'
import { DataError } from '../../../src/util/errors.js'
import { tinyData, tinyRecipe, tinySpec } from '../tiny.js'

async function someCheckpoint(): Promise<Checkpoint> {
  await using trainer = await Trainer.open(openReference(), tinySpec, tinyData(), tinyRecipe())
  for await (const _ of trainer.steps(1));
  return trainer.checkpoint()
}

const checkpoint = await someCheckpoint()

test('a checkpoint comes back as it was', () => {
  expect(decodeCheckpoint(encodeCheckpoint(checkpoint), 'a file')).toEqual(checkpoint)
})

test('it carries weights by path, velocities, and what the network needs to know', () => {
  const { tensors, metadata } = readSafetensors(encodeCheckpoint(checkpoint, 'best on test'))
  expect(tensors.get('stem.conv.weight')!.shape).toEqual([4, 3, 3, 3])
  expect(tensors.get('velocity/stem.conv.weight')!.shape).toEqual([4, 3, 3, 3])
  expect(tensors.has('stem.norm.variance')).toBe(true)
  expect(tensors.has('velocity/stem.norm.variance')).toBe(false)
  expect(Object.keys(metadata).sort()).toEqual(
    ['checksum', 'data', 'engine', 'format', 'kept', 'preprocessing', 'progress', 'recipe', 'spec'].sort(),
  )
  expect(metadata).toMatchObject({ format: '1', engine: 'reference', kept: 'best on test' })
  expect(JSON.parse(metadata.preprocessing!)).toEqual({
    normalisation: { mean: [0.4, 0.4, 0.4], std: [0.25, 0.25, 0.25] },
    input: { channels: 3, height: 8, width: 8 },
    classes: ['up', 'down'],
  })
  expect(JSON.parse(metadata.spec!)).toEqual(tinySpec)
  expect(JSON.parse(metadata.recipe!)).toEqual(tinyRecipe())
})

test.each([
  ['of whole numbers', Int32Array.of(1, 2), 'holds no floats'],
  ['of no layer', Float32Array.of(1, 2), 'belongs to no layer of its spec'],
])('a tensor %s is no weight', (_, data, fault) => {
  const { tensors, metadata } = readSafetensors(encodeCheckpoint(checkpoint))
  const more = new Map([...tensors, ['stem.count', { shape: [2], data }]])
  const { checksum: _old, ...others } = metadata
  const file = { tensors: more, metadata: { ...others, checksum: checksum({ tensors: more, metadata: others }) } }
  expect(() => decodeCheckpoint(writeSafetensors(file), 'x.safetensors')).toThrow(
    new DataError(`x.safetensors: tensor stem.count ${fault}`),
  )
})

describe('files that are none', () => {
  const changed = (change: Record<string, string | undefined>) => {
    const { tensors, metadata } = readSafetensors(encodeCheckpoint(checkpoint))
    const all: Record<string, string | undefined> = { ...metadata, checksum: undefined, ...change }
    const entries = Object.entries(all).filter(([, text]) => text !== undefined)
    const changedMetadata = Object.fromEntries(entries) as Record<string, string>
    changedMetadata.checksum ??= checksum({ tensors, metadata: changedMetadata })
    return writeSafetensors({ tensors, metadata: changedMetadata })
  }
  const progress = { ...checkpoint.progress, step: -1 }
  const preprocessing = { ...checkpoint.preprocessing, classes: ['one'] }

  const wider = { ...checkpoint.spec, head: { ...checkpoint.spec.head, classes: 3 } }
  const threeClasses = { ...checkpoint.preprocessing, classes: ['one', 'two', 'three'] }

  test.each<[string, Record<string, string | undefined>, string]>([
    [
      'no format',
      { format: undefined },
      'no checkpoint of resnet.ts: expected format 1 and a spec in its metadata, got none',
    ],
    [
      'a newer format',
      { format: '2' },
      'no checkpoint of resnet.ts: expected format 1 and a spec in its metadata, got format 2',
    ],
    ['no recipe', { recipe: undefined }, 'its metadata has no readable recipe; the file is damaged or was edited'],
    ['a spec that is no JSON', { spec: '{' }, 'its metadata has no readable spec; the file is damaged or was edited'],
    ['a wrong spec', { spec: JSON.stringify({ ...tinySpec, format: 7 }) }, 'spec: format must be 1, got 7'],
    ['a wrong recipe', { recipe: '{"lr":-1}' }, 'recipe.lr: expected a number above 0, got -1'],
    [
      'a wrong step',
      { progress: JSON.stringify(progress) },
      'its progress makes no sense: step must be a whole number',
    ],
    [
      'classes that do not match',
      { preprocessing: JSON.stringify(preprocessing) },
      'its preprocessing does not fit its spec: 1 class names for 2 classes',
    ],
    [
      'pictures of another size',
      { preprocessing: JSON.stringify({ ...checkpoint.preprocessing, input: { channels: 3, height: 9, width: 8 } }) },
      'its preprocessing does not fit its spec: height 9 for pictures of 8',
    ],
    ['data without a name', { data: '{"train":1,"test":1}' }, 'its data makes no sense: expected a name and numbers'],
    [
      'a best epoch that is none',
      { progress: JSON.stringify({ ...checkpoint.progress, best: 3 }) },
      'its progress makes no sense: best must be null or an epoch with its top1Error',
    ],
    [
      'a history that is none',
      { progress: JSON.stringify({ ...checkpoint.progress, history: [null] }) },
      'its progress makes no sense: entry 1 of its history is no epoch',
    ],
    [
      'tensors of another network',
      { spec: JSON.stringify(wider), preprocessing: JSON.stringify(threeClasses) },
      'tensor head.classifier.weight has shape 2x8, its spec expects 3x8',
    ],
    ['a byte that changed', { checksum: '00000000' }, 'damaged: its checksum is '],
  ])('%s', (_, change, message) => {
    expect(() => decodeCheckpoint(changed(change), 'x.safetensors')).toThrow(`x.safetensors: ${message}`)
  })

  test('one that was changed on purpose can say so', () => {
    const { engine } = decodeCheckpoint(changed({ engine: 'mine', checksum: 'unchecked' }), 'x.safetensors')
    expect(engine).toBe('mine')
  })
})
