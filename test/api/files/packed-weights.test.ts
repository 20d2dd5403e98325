/** Files of weights that are packed by gzip, and files that hold no weights, told by their first bytes. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeNetwork, exportSafetensors, preset, untrained, weightHash } from '../../../src/internal.js'
import { netTensors, savedAs, stateDict } from '../../formats/pytorch/make-saved.js'

const network = untrained(preset('resnet20'))

describe('gzip', () => {
  test('weights come out as they went in', async () => {
    const { weights, origin } = await decodeNetwork(gzipSync(await exportSafetensors(network)), 'net.gz')
    expect(weightHash(weights)).toBe(weightHash(network.weights))
    expect(origin).toBe('export of resnet.ts')
    const saved = savedAs(stateDict(netTensors()))
    const [plain, packed] = [await decodeNetwork(saved, 'a.pth'), await decodeNetwork(gzipSync(saved), 'a.pth.gz')]
    expect(weightHash(packed.weights)).toBe(weightHash(plain.weights))
  })

  test('a file that is cut short is damaged', async () => {
    const packed = gzipSync(await exportSafetensors(network))
    await expect(decodeNetwork(packed.subarray(0, packed.length - 9), 'net.gz')).rejects.toThrow(
      /^net\.gz: damaged: it cannot be unpacked \(.+\); copy or download it again$/,
    )
  })

  test('a small file that unpacks to hundreds of megabytes is refused', async () => {
    const bomb = gzipSync(new Uint8Array(1 << 28))
    await expect(decodeNetwork(bomb, 'bomb.gz')).rejects.toThrow('bomb.gz: refused: more than')
  })
})

const text = (value: string) => new TextEncoder().encode(value)

test.each<[string, Uint8Array, string]>([
  [
    'a pointer of git LFS',
    text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'),
    'got a pointer of git LFS in place of the file; fetch the file itself: git lfs pull',
  ],
  [
    'a page',
    text('<!DOCTYPE html><html></html>'),
    'such as a server sends in place of a file; download the file itself',
  ],
  [
    'HDF5',
    Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 0x1a, 10, 0, 0),
    'got an HDF5 file, such as Keras and MATLAB save; save its arrays in another format: weights as safetensors',
  ],
  ['nothing', new Uint8Array(), 'got an empty file'],
  ['anything else', text('something'), 'got 9 bytes of something else'],
])('%s is told by its first bytes', async (_, bytes, message) => {
  await expect(decodeNetwork(bytes, 'net.pth')).rejects.toThrow(
    'net.pth: no file of weights: expected safetensors or a file of torch.save, got',
  )
  await expect(decodeNetwork(bytes, 'net.pth')).rejects.toThrow(message)
})
