/** Pairs of patches: each is what its picture says it is, by chance that follows from (seed, epoch, index) alone. */
import { describe, expect, test } from 'vitest'
import { bicubic, cut, type Plane } from '../../../src/data/bicubic.js'
import { builtin } from '../../../src/data/builtin/builtin.js'
import { luminancePlane } from '../../../src/data/luminance-plane.js'
import {
  luminanceNormalisation,
  Patches,
  type PatchOptions,
  shrunk,
  wholeMultiple,
} from '../../../src/tasks/upscale/data.js'
import { forUpscaling } from '../../../src/tasks/upscale/luminance-planes.js'

const picture = (height: number, width: number, seed: number): Plane<Uint8Array> => ({
  height,
  width,
  values: Uint8Array.from({ length: height * width }, (_, i) => (i * i * 7 + i * seed) % 251),
})
const pictures = [picture(13, 17, 3), picture(5, 40, 5), picture(24, 12, 7)]
const input = { height: 6, width: 6 }
const options: PatchOptions = {
  input,
  enlarge: 1,
  scales: [2, 3],
  turn: false,
  normalisation: luminanceNormalisation,
}

function pair(patches: Patches, index: number, epoch = 0, seed = 1) {
  const { read, target } = patches
  const source = new Float32Array(read.height * read.width)
  const wanted = new Float32Array(target.height * target.width)
  patches.write(index, { seed, epoch }, source, wanted, 0)
  return { source, wanted }
}

const at = (plane: Plane<Float32Array | Uint8Array>, top: number, left: number, side: number) =>
  Float32Array.from(cut(plane, { top, left, height: side, width: side }).values, (value) => value / 255)

/** The picture and the place that a patch was cut from. */
function origin(patch: Float32Array, side: number) {
  for (const [index, plane] of pictures.entries())
    for (let top = 0; top + side <= plane.height; top++)
      for (let left = 0; left + side <= plane.width; left++)
        if (at(plane, top, left, side).every((value, i) => value === patch[i])) return { index, top, left }
  return undefined
}

test('as many patches as lie side by side; none where none fits', () => {
  expect(new Patches(pictures, options).count).toBe(2 * 2 + 0 + 4 * 2)
  expect(new Patches(pictures, { ...options, enlarge: 2, scales: [2] }).count).toBe(1 + 0 + 2)
})

test('a patch of the enlargement beside the same of the picture', () => {
  const patches = new Patches(pictures, options)
  const seen = new Set<number>()
  for (let index = 0; index < patches.count; index++) {
    const { source, wanted } = pair(patches, index)
    const found = origin(wanted, 6)!
    expect(found.index).toBe(index < 4 ? 0 : 2)
    const enlargedBy = (scale: number) => {
      const whole = wholeMultiple(pictures[found.index]!, scale)
      if (found.top + 6 > whole.height || found.left + 6 > whole.width) return undefined
      return at(bicubic(shrunk(whole, scale), whole), found.top, found.left, 6)
    }
    const scale = [2, 3].find((scale) => enlargedBy(scale)?.every((value, i) => value === source[i]))
    expect(scale).toBeDefined()
    seen.add(scale!)
  }
  expect(seen.size).toBe(2) // scales are mixed
})

test('a patch of the small picture beside one that is larger', () => {
  const patches = new Patches(pictures, { ...options, enlarge: 2, scales: [2] })
  expect(patches.target).toEqual({ height: 12, width: 12 })
  for (let index = 0; index < patches.count; index++) {
    const { source, wanted } = pair(patches, index)
    const { index: of, top, left } = origin(wanted, 12)!
    expect([top % 2, left % 2]).toEqual([0, 0])
    const small = shrunk(wholeMultiple(pictures[of]!, 2), 2)
    expect(source).toEqual(at(small, top / 2, left / 2, 6))
  }
})

describe('chance', () => {
  test('follows from seed, epoch and index', () => {
    const patches = new Patches(pictures, { ...options, turn: true })
    const again = new Patches(pictures, { ...options, turn: true })
    pair(again, 5, 3) // what came before does not matter
    expect(pair(patches, 1, 2)).toEqual(pair(again, 1, 2))
    const different = [pair(patches, 1, 3), pair(patches, 2, 2), pair(patches, 1, 2, 2)]
    for (const other of different) expect(other).not.toEqual(pair(patches, 1, 2))
  })

  test('turns both patches in eight ways, alike', () => {
    const square = [picture(6, 6, 11)]
    const one = { ...options, scales: [2] }
    const plain = pair(new Patches(square, one), 0)
    const turned = new Patches(square, { ...one, turn: true })
    const ways = new Map<string, Float32Array>()
    for (let epoch = 0; epoch < 100; epoch++) {
      const { source, wanted } = pair(turned, 0, epoch)
      expect([...wanted].sort()).toEqual([...plain.wanted].sort())
      const known = ways.get(wanted.join())
      if (known) expect(source).toEqual(known)
      ways.set(wanted.join(), source)
    }
    expect(ways.size).toBe(8)
    expect(ways.get(plain.wanted.join())).toEqual(plain.source)
  })
})

test('values are normalised', () => {
  const patches = new Patches(pictures, { ...options, normalisation: { mean: [0.5], std: [0.25] } })
  const plain = pair(new Patches(pictures, options), 1)
  const { source, wanted } = pair(patches, 1)
  source.forEach((value, i) => {
    expect(value).toBeCloseTo((plain.source[i]! - 0.5) / 0.25, 5)
  })
  wanted.forEach((value, i) => {
    expect(value).toBeCloseTo((plain.wanted[i]! - 0.5) / 0.25, 5)
  })
})

test('a data set of classes becomes one of luminance', () => {
  const set = builtin({ train: 3, test: 2 })
  const data = forUpscaling(set, [2])
  expect([data.name, data.scales, data.train.length, data.test.length]).toEqual(['builtin', [2], 3, 2])
  const [red, green, blue] = [0, 1, 2].map((channel) => set.train.pixels[channel * 1024 + 5]!)
  expect(data.train[0]!.values[5]).toBe(Math.round(16 + (65.481 * red! + 128.553 * green! + 24.966 * blue!) / 255))
  const grey = luminancePlane(Uint8Array.of(0, 255), { channels: 1, height: 1, width: 2 })
  expect([...grey.values]).toEqual([16, 235])
})
