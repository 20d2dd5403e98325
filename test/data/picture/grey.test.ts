// Data sets in colour for networks that read grey ones.
import { describe, expect, test } from 'vitest'
import { builtin } from '../../../src/data/builtin/builtin.js'
import { type Pictures, pictureBytes } from '../../../src/data/dataset.js'
import { matchChannels } from '../../../src/data/picture/grey.js'
import { splitDataset } from '../../../src/data/split.js'
import { tableDataset } from '../../../src/data/table-dataset.js'

const colour = splitDataset(builtin({ size: 16, train: 6, test: 3 }), 2, 0)

test('luminance of every part, as the eye sees it', () => {
  const grey = matchChannels(colour, 1)
  const parts: readonly [Pictures, Pictures][] = [
    [grey.train, colour.train],
    [grey.val!, colour.val!],
    [grey.test, colour.test],
  ]
  for (const [made, of] of parts) {
    expect(made).toMatchObject({ channels: 1, height: 16, width: 16, count: of.count, labels: of.labels })
    for (let i = 0; i < of.count; i++) {
      const [bytes, colours] = [pictureBytes(made, i), pictureBytes(of, i)]
      expect(bytes.length).toBe(256)
      for (let p = 0; p < 256; p++)
        expect(bytes[p]).toBe(Math.round(0.299 * colours[p]! + 0.587 * colours[256 + p]! + 0.114 * colours[512 + p]!))
    }
  }
  const { mean, std } = colour.normalisation
  expect(grey.normalisation.mean[0]).toBeCloseTo((mean[0]! + mean[1]! + mean[2]!) / 3, 5)
  expect(grey.normalisation.std).toHaveLength(1)
  expect(std).toHaveLength(3)
})

describe('nothing else is made of pictures', () => {
  test('where they fit they stay as they are', () => {
    expect(matchChannels(colour, 3)).toBe(colour)
    const grey = matchChannels(colour, 1)
    expect(matchChannels(grey, 1)).toBe(grey)
  })

  test('other numbers, and tables, are refused', () => {
    expect(() => matchChannels(colour, 4)).toThrow(
      'builtin: has pictures of 3 channels, the network reads 4; pictures in colour can be made grey, but nothing else: give it data of as many channels',
    )
    const rows = [1, 2, 3, 4, 5, 6].map((i) => [i, i % 2, 3])
    expect(() => matchChannels(tableDataset(rows, [0, 1, 0, 1, 0, 1]), 1)).toThrow('table: has pictures of 3 channels')
  })
})
