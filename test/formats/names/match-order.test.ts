// Tensors whose names say nothing are matched by their order, if exactly one known network fits.
import { expect, test } from 'vitest'
import { decodeNetwork } from '../../../src/api/files/weights.js'
import { keyMaps, namedParameters } from '../../../src/formats/names/key-maps.js'
import { writeSafetensors } from '../../../src/formats/safetensors.js'
import type { StoredTensor } from '../../../src/formats/stored-tensor.js'
import { preset } from '../../../src/spec/presets.js'
import { recognise } from './recognised.js'

/** Tensors in the order of PyTorch: a block's branch, its projection, then the next block. */
function nameless(...order: readonly RegExp[]): Map<string, StoredTensor> {
  const named = namedParameters(preset('resnet18', { classes: 10 }), keyMaps.torchvision)
  const place = (name: string) => order.findIndex((pattern) => pattern.test(name))
  const blocks = (name: string) => /layer\d\.\d/.exec(name)?.[0] ?? (name.startsWith('fc') ? 'x' : '')
  const sorted = named
    .map(({ name, shape }, i) => ({ name, shape, i }))
    .sort((a, b) => {
      const [x, y] = [blocks(a.name), blocks(b.name)]
      return x === y ? place(a.name) - place(b.name) || a.i - b.i : x < y ? -1 : 1
    })
  return new Map(
    sorted.map(({ shape }, i) => [`p${i}`, { shape, type: 'f32', floats: () => new Float32Array(0) }] as const),
  )
}
const usual = [/\.?conv1\./, /bn1/, /conv2/, /bn2/, /downsample\.0/, /downsample\.1/, /fc\.weight/, /fc/]

test('one network fits: it stays unproven, and the mapping is told', () => {
  const { spec, preprocessing, mapping, keys } = recognise(nameless(...usual), 'x', { match: 'order' })
  expect(spec).toEqual(preset('resnet18', { classes: 10 }))
  expect(preprocessing.unproven).toBe(true)
  expect(keys).toBe('nobody, in the order of its tensors')
  expect(mapping!.length).toBe(102)
  expect(mapping!.slice(0, 3)).toEqual([
    ['p0', 'conv1.weight'],
    ['p1', 'bn1.weight'],
    ['p2', 'bn1.bias'],
  ])
})

test('none fits, or several', () => {
  const other = [...usual].reverse()
  expect(() => recognise(nameless(...other), 'x', { match: 'order' })).toThrow(
    "x: its 102 tensors fit no known network in their order; rename them as torchvision's ResNets have them",
  )
  expect(() => recognise(nameless(...usual), 'x', { match: 'order', arch: 'resnet34' })).toThrow(
    'fit no known network in their order, which resnet34 was to be; rename',
  )
  const small = new Map(
    namedParameters(preset('resnet20'), keyMaps.akamaster).map(({ shape }, i) => [
      `p${i}`,
      { shape, type: 'f32', floats: () => new Float32Array(0) },
    ]),
  )
  expect(() => recognise(small, 'x', { match: 'order' })).toThrow(
    /^x: in their order its tensors fit \d+ networks: .*resnet20.*; name one with arch \(--arch on the command line\)$/,
  )
  expect(recognise(small, 'x', { match: 'order', arch: 'resnet20' }).spec).toEqual(preset('resnet20'))
})

test('safetensors keep no order', async () => {
  const tensors = new Map([['p0', { shape: [1], data: new Float32Array(1) }]])
  await expect(decodeNetwork(writeSafetensors({ tensors, metadata: {} }), 'x', { match: 'order' })).rejects.toThrow(
    'x: match order is for files of torch.save, which keep the order of their tensors; safetensors files do not',
  )
})
