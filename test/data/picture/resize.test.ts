/** Pictures resized bicubically: by hand, against the operation that PyTorch's figures hold, and against Pillow. */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { resize } from '../../../src/data/picture/resize.js'
import { resizeTaps } from '../../../src/ops/resize.js'
import { Random } from '../../../src/util/random.js'
import { pythonWith, testWhere } from '../../formats/others.js'

const random = new Random(8)
const row = Uint8Array.from({ length: 37 }, () => random.below(256))

function resized(values: Uint8Array, to: number): number[] {
  const out = new Float32Array(to)
  const part = { top: 0, left: 0, height: 1, width: values.length, mirrored: false }
  resize(values, { channels: 1, height: 1, width: values.length }, part, { height: 1, width: to }, out, 0, 'bicubic')
  return Array.from(out)
}

test('enlarged twice: Keys’ weights at a quarter and three quarters', () => {
  const [, , , middle] = resized(Uint8Array.of(0, 0, 128, 0, 0), 10)
  expect(middle).toBeCloseTo(128 * 0.2265625, 4) // |d| = 0.75, a = −0.5
})

test.each([11, 37, 80])('37 pixels to %i, as the operation of networks does it', (to) => {
  const taps = resizeTaps(37, to, { size: [1, to], filter: 'bicubic', antialias: true })
  const wanted = taps.map(({ indices, weights }) => indices.reduce((sum, at, k) => sum + row[at]! * weights[k]!, 0))
  resized(row, to).forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i]!, 3)
  })
})

const python = pythonWith('PIL')
testWhere(python, 'Pillow')('as Pillow does it, to one of 255', () => {
  const program = `
import json, sys
from PIL import Image
row = json.loads(sys.argv[1])
print(json.dumps([list(Image.frombytes('L', (len(row), 1), bytes(row)).resize((to, 1), Image.BICUBIC).getdata()) for to in (11, 80)]))`
  const text = execFileSync(python!, ['-c', program, JSON.stringify([...row])], { encoding: 'utf8' })
  for (const wanted of JSON.parse(text) as number[][])
    resized(row, wanted.length).forEach((value, i) => {
      expect(Math.abs(Math.min(255, Math.max(0, value)) - wanted[i]!)).toBeLessThan(0.51)
    })
})
