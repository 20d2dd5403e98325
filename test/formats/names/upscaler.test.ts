// VDSR as a public port names it becomes our network, in a dictionary and as a whole module.
import { expect, test } from 'vitest'
import { decodeNetwork } from '../../../src/api/files/weights.js'
import { vdsr } from '../../../src/spec/upscaling.js'
import type { Shape } from '../../../src/util/shape.js'
import { modulePickle, savedAs, stateDict } from '../pytorch/make-saved.js'

const shapes = (layers: number, channels = 1): Map<string, Shape> =>
  new Map<string, Shape>([
    ['input.weight', [4, channels, 3, 3]],
    ...Array.from({ length: layers }, (_, i) => [`residual_layer.${i}.conv.weight`, [4, 4, 3, 3]] as const),
    ['output.weight', [channels, 4, 3, 3]],
  ])

test('twenty layers without biases', async () => {
  const wanted = vdsr({ depth: 20, width: 4, bias: false })
  const file = savedAs({ epoch: Uint8Array.of(0x4b, 50), model: modulePickle(shapes(18)) })
  const { spec, preprocessing, origin, weights } = await decodeNetwork(file, 'x')
  expect(spec).toEqual(wanted)
  expect(origin).toBe('PyTorch, zip form, names of pytorch-vdsr')
  expect(preprocessing).toEqual({
    normalisation: { mean: [0], std: [1] },
    input: wanted.input,
    classes: [],
    scales: [2, 3, 4],
  })
  expect(weights.get('stage1.block18.conv1.weight')!.shape).toEqual([4, 4, 3, 3])
  expect((await decodeNetwork(savedAs(stateDict(shapes(3))), 'x', { arch: undefined })).spec.name).toBe('vdsr5')
})

test('what does not fit is told in the words of the file', async () => {
  const read = (of: Map<string, Shape>, options = {}) => decodeNetwork(savedAs(stateDict(of)), 'x', options)
  const gap = shapes(3)
  gap.delete('residual_layer.1.conv.weight')
  await expect(read(gap)).rejects.toThrow('residual_layer.1.conv.weight  4x4x3x3   nothing')
  await expect(read(shapes(3, 3))).rejects.toThrow(
    'x: its first convolution has the shape 4x3x3x3: it reads 3 channels, and nets that make pictures larger read luminance here, one channel',
  )
  await expect(read(shapes(3), { arch: 'vdsr20' })).rejects.toThrow(
    'x: its tensors are those of vdsr5, not of vdsr20; name no other network',
  )
})
