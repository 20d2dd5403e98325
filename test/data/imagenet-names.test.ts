/** The names of ImageNet's classes: as many, in their order, no two alike; and who gets them. */
import { expect, test } from 'vitest'
import { decodeNetwork } from '../../src/api/files/weights.js'
import { imageNetNames } from '../../src/data/imagenet-names.js'
import { keyMaps, namedParameters } from '../../src/formats/names/key-maps.js'
import { type SafetensorsTensor, writeSafetensors } from '../../src/formats/safetensors.js'
import { cifarBasic, imagenetBasic } from '../../src/spec/families.js'
import type { NetworkSpec } from '../../src/spec/spec.js'

test('a thousand, in the order of their numbers', () => {
  expect(imageNetNames.length).toBe(1000)
  expect(new Set(imageNetNames.map((name) => name.toLowerCase())).size).toBe(1000)
  for (const name of imageNetNames) expect(name).toMatch(/^[A-Za-z][A-Za-z .'()-]{1,32}$/)
  const known = {
    0: 'tench',
    1: 'goldfish',
    207: 'golden retriever',
    285: 'Egyptian cat',
    340: 'zebra',
    388: 'giant panda',
  }
  const more = {
    440: 'beer bottle',
    508: 'computer keyboard',
    717: 'pickup',
    817: 'sports car',
    963: 'pizza',
    980: 'volcano',
  }
  for (const [number, name] of Object.entries({ ...known, ...more })) expect(imageNetNames[Number(number)]).toBe(name)
})

function file(spec: NetworkSpec, keys: 'torchvision' | 'bearpaw'): Uint8Array {
  const tensors = new Map(
    namedParameters(spec, keyMaps[keys]).map(({ name, shape }): [string, SafetensorsTensor] => [
      name,
      { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
    ]),
  )
  return writeSafetensors({ tensors, metadata: {} })
}

const small = (classes: number) => file(imagenetBasic({ depth: 18, classes }), 'torchvision')

test('weights that tell a thousand classes apart have them, unless others are given', async () => {
  expect((await decodeNetwork(small(1000), 'x')).preprocessing.classes).toBe(imageNetNames)
  const given = Array.from({ length: 1000 }, (_, i) => `thing ${i}`)
  expect((await decodeNetwork(small(1000), 'x', { classes: given })).preprocessing.classes).toBe(given)
  expect((await decodeNetwork(small(3), 'x')).preprocessing.classes).toEqual(['class 0', 'class 1', 'class 2'])
})

test('CIFAR nets have the names of CIFAR', async () => {
  const of = async (classes: number) =>
    (await decodeNetwork(file(cifarBasic({ depth: 8, classes, shortcut: 'project-on-change' }), 'bearpaw'), 'x'))
      .preprocessing.classes
  expect((await of(10))[3]).toBe('cat')
  expect((await of(100))[99]).toBe('worm')
  expect((await of(11))[3]).toBe('class 3')
})
