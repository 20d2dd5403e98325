/** Pictures that cannot be read: what is said of them. */
import { afterEach, expect, test, vi } from 'vitest'
import { preparePicture } from '../../src/api/picture.js'

afterEach(() => vi.unstubAllGlobals())

const prepare = (picture: Parameters<typeof preparePicture>[0], channels = 3) => {
  const ones = Array.from({ length: channels }, () => 1)
  const input = { channels, height: 2, width: 2 }
  const preprocessing = { input, normalisation: { mean: ones, std: ones }, classes: ['a', 'b'] }
  preparePicture(picture, preprocessing, new Float32Array(4 * channels), 0, 'picture 3')
}

test('a network that reads neither RGB nor grey', () => {
  expect(() => prepare({ width: 2, height: 2, data: new Uint8Array(12) }, 5)).toThrow(
    'pictures are RGB or grey, this network reads 5 channels; use predict()',
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
