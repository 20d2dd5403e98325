/** Pictures as a network reads them; and what is said of those that cannot be read. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { preparePicture } from '../../src/inference/picture.js'

afterEach(() => vi.unstubAllGlobals())

const prepare = (picture: Parameters<typeof preparePicture>[0], channels = 3) => {
  const ones = Array.from({ length: channels }, () => 1)
  const input = { channels, height: 2, width: 2 }
  const preprocessing = { input, normalisation: { mean: ones, std: ones }, classes: ['a', 'b'] }
  preparePicture(picture, preprocessing, new Float32Array(4 * channels), 0, 'picture 3')
}

test('a network that reads neither grey, RGB nor RGBA', () => {
  expect(() => prepare({ width: 2, height: 2, data: new Uint8Array(12) }, 5)).toThrow(
    'pictures have 1 channel (grey), 3 (RGB) or 4 (RGBA), and this network reads 5: it takes batches of floats only',
  )
})

describe('channels', () => {
  const unit = (channels: number) => ({
    input: { channels, height: 1, width: 2 },
    normalisation: { mean: Array<number>(channels).fill(0), std: Array<number>(channels).fill(1 / 255) },
    classes: [],
  })
  const read = (data: readonly number[], channels: number) => {
    const out = new Float32Array(2 * channels)
    preparePicture({ width: 2, height: 1, data: Uint8Array.from(data) }, unit(channels), out, 0, 'it')
    return Array.from(out, Math.round)
  }
  const [grey, rgb, rgba] = [
    [10, 200],
    [10, 20, 30, 200, 100, 0],
    [10, 20, 30, 255, 200, 100, 0, 51],
  ]

  test('one is luminance, what shines through black', () => {
    expect(read(grey, 1)).toEqual([10, 200])
    expect(read(rgb, 1)).toEqual([18, 119])
    expect(read(rgba, 1)).toEqual([18, 24])
  })

  test('three are colours, what shines through black', () => {
    expect(read(grey, 3)).toEqual([10, 200, 10, 200, 10, 200])
    expect(read(rgba, 3)).toEqual([10, 40, 20, 20, 30, 0])
  })

  test('four are colours as they are, and how opaque they are', () => {
    expect(read(grey, 4)).toEqual([10, 200, 10, 200, 10, 200, 255, 255])
    expect(read(rgb, 4)).toEqual([10, 200, 20, 100, 30, 0, 255, 255])
    expect(read(rgba, 4)).toEqual([10, 200, 20, 100, 30, 0, 255, 51])
  })
})

test('an element that has not loaded', () => {
  vi.stubGlobal('OffscreenCanvas', class {})
  expect(() => prepare({ width: 300, height: 150, naturalWidth: 0, naturalHeight: 0 } as never)).toThrow(
    'picture 3: it has no pixels yet (0x0); wait until it has loaded',
  )
})

test('a picture of another server, which the page may show but not read', () => {
  vi.stubGlobal(
    'OffscreenCanvas',
    class {
      getContext() {
        return {
          drawImage: () => {},
          getImageData: () => {
            throw new Error('The canvas has been tainted')
          },
        }
      }
    },
  )
  expect(() => prepare({ width: 2, height: 2 })).toThrow(
    'picture 3: its pixels cannot be read (Error: The canvas has been tainted); pictures of other servers must be loaded ' +
      'with crossorigin="anonymous"',
  )
})
