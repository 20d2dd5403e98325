/** Pooling, the padded shortcut and transposed weights, of every build, against loops in float64. */
import { describe, expect, test } from 'vitest'
import { block, blocks, blockWeight, builds, difference, noise, outcome, Sheet, sameBits, unblock } from './harness.js'

interface Window {
  n: number
  c: number
  h: number
  w: number
  oh: number
  ow: number
  kh: number
  kw: number
  sh: number
  sw: number
  ph: number
  pw: number
}

/** Calls visit for each window with its output and the inputs it holds, in row order. */
function windows(g: Window, visit: (y: number, inputs: number[]) => void): void {
  for (let plane = 0; plane < g.n * g.c; plane++)
    for (let y = 0; y < g.oh; y++)
      for (let x = 0; x < g.ow; x++) {
        const inputs: number[] = []
        for (let i = 0; i < g.kh; i++)
          for (let j = 0; j < g.kw; j++) {
            const [row, column] = [y * g.sh - g.ph + i, x * g.sw - g.pw + j]
            if (row >= 0 && row < g.h && column >= 0 && column < g.w) inputs.push((plane * g.h + row) * g.w + column)
          }
        visit((plane * g.oh + y) * g.ow + x, inputs)
      }
}

const shapes: [string, Window][] = [
  ['3x3 stride 2, padded', { n: 2, c: 19, h: 13, w: 12, oh: 7, ow: 6, kh: 3, kw: 3, sh: 2, sw: 2, ph: 1, pw: 1 }],
  ['2x2', { n: 3, c: 16, h: 8, w: 8, oh: 4, ow: 4, kh: 2, kw: 2, sh: 2, sw: 2, ph: 0, pw: 0 }],
  ['3x2, overlapping', { n: 1, c: 5, h: 6, w: 7, oh: 4, ow: 6, kh: 3, kw: 2, sh: 1, sw: 1, ph: 0, pw: 0 }],
]

describe.each(builds)('%s', (_, open) => {
  test.each(shapes)('pooling: %s', async (_name, g) => {
    const [size, outSize] = [g.h * g.w, g.oh * g.ow]
    // Few values, so that windows have several largest elements.
    const x = noise(g.n * g.c * size, 1).map((v) => Math.round(v * 3))
    const dy = noise(g.n * g.c * outSize, 2)
    const largest = new Float32Array(dy.length)
    const mean = new Float64Array(dy.length)
    const toLargest = new Float64Array(x.length)
    const toAll = new Float64Array(x.length)
    windows(g, (y, inputs) => {
      const best = inputs.reduce((a, b) => (x[b]! > x[a]! ? b : a))
      largest[y] = x[best]!
      toLargest[best]! += dy[y]!
      for (const k of inputs) {
        mean[y]! += x[k]! / (g.kh * g.kw)
        toAll[k]! += dy[y]! / (g.kh * g.kw)
      }
    })
    const sheet = new Sheet()
    const [stored, outStored] = [g.n * blocks(g.c) * size * 16, g.n * blocks(g.c) * outSize * 16]
    const [xs, dys] = [sheet.put(block(x, g.n, g.c, size)), sheet.put(block(dy, g.n, g.c, outSize))]
    const out = [sheet.put(outStored), sheet.put(outStored), sheet.put(stored), sheet.put(stored)] as const
    sheet.call('max_pool', { x: xs, y: out[0], ...g })
    sheet.call('average_pool', { x: xs, y: out[1], ...g })
    sheet.call('max_pool_gradient', { dy: dys, x: xs, dx: out[2], ...g })
    sheet.call('average_pool_gradient', { dy: dys, dx: out[3], ...g })
    const got = await outcome(open, sheet, {
      max: [out[0], outStored],
      average: [out[1], outStored],
      maxGradient: [out[2], stored],
      averageGradient: [out[3], stored],
    })
    expect(sameBits(unblock(got.max, g.n, g.c, outSize), largest), 'max').toBe(true)
    expect(difference(unblock(got.average, g.n, g.c, outSize), mean), 'average').toBeLessThan(1e-6)
    expect(difference(unblock(got.maxGradient, g.n, g.c, size), toLargest), 'max gradient').toBeLessThan(1e-6)
    expect(difference(unblock(got.averageGradient, g.n, g.c, size), toAll), 'average gradient').toBeLessThan(1e-6)
  })

  test('max pooling keeps NaN', async () => {
    const x = Float32Array.from({ length: 16 * 4 }, (_, k) => k % 7)
    x[2] = Number.NaN
    const sheet = new Sheet()
    const y = sheet.put(16)
    const g = { n: 1, c: 16, h: 2, w: 2, oh: 1, ow: 1, kh: 2, kw: 2, sh: 2, sw: 2, ph: 0, pw: 0 }
    sheet.call('max_pool', { x: sheet.put(block(x, 1, 16, 4)), y, ...g })
    const got = await outcome(open, sheet, { y: [y, 16] })
    expect([...got.y].map(Number.isNaN)).toEqual([true, ...Array<boolean>(15).fill(false)])
  })

  test.each([
    [4, 19, 49],
    [2, 64, 1],
  ])('global average pooling of [%i, %i, %i]', async (n, c, size) => {
    const x = noise(n * c * size, 1)
    const dy = noise(n * c, 2)
    const sheet = new Sheet()
    const stored = n * blocks(c) * size * 16
    const [y, dx] = [sheet.put(n * c), sheet.put(stored)]
    sheet.call('global_average_pool', { x: sheet.put(block(x, n, c, size)), y, n, c, size })
    sheet.call('global_average_pool_gradient', { dy: sheet.put(dy), dx, n, c, size })
    const got = await outcome(open, sheet, { y: [y, n * c], dx: [dx, stored] })
    const mean = Array.from({ length: n * c }, (_, k) => {
      const part = x.subarray(k * size, (k + 1) * size)
      return part.reduce((a, b) => a + b, 0) / size
    })
    expect(difference(got.y, mean)).toBeLessThan(1e-6)
    const shares = Array.from(x, (_, k) => dy[Math.floor(k / size)]! / size)
    expect(difference(unblock(got.dx, n, c, size), shares)).toBeLessThan(1e-6)
  })

  test.each([
    [16, 32, 8, 2],
    [16, 32, 0, 2],
    [5, 41, 17, 1],
    [20, 33, 3, 2],
  ])('the padded shortcut of %i channels to %i, %i before, stride %i', async (c, o, before, stride) => {
    const [n, h, w] = [2, 7, 6]
    const [oh, ow] = [Math.ceil(h / stride), Math.ceil(w / stride)]
    const x = noise(n * c * h * w, 1)
    const dy = noise(n * o * oh * ow, 2)
    const y = new Float32Array(dy.length)
    const dx = new Float32Array(x.length)
    for (let i = 0; i < n; i++)
      for (let k = 0; k < c; k++)
        for (let r = 0; r < oh; r++)
          for (let s = 0; s < ow; s++) {
            const to = ((i * o + k + before) * oh + r) * ow + s
            const from = ((i * c + k) * h + r * stride) * w + s * stride
            y[to] = x[from]!
            dx[from] = dy[to]!
          }
    const sheet = new Sheet()
    const [ySize, xSize] = [n * blocks(o) * oh * ow * 16, n * blocks(c) * h * w * 16]
    const [yAt, dxAt] = [sheet.put(ySize), sheet.put(xSize)]
    const shape = { n, c, h, w, o, oh, ow, sh: stride, sw: stride, before }
    sheet.call('pad_shortcut', { x: sheet.put(block(x, n, c, h * w)), y: yAt, ...shape })
    sheet.call('pad_shortcut_gradient', { dy: sheet.put(block(dy, n, o, oh * ow)), dx: dxAt, ...shape })
    const got = await outcome(open, sheet, { y: [yAt, ySize], dx: [dxAt, xSize] })
    expect(sameBits(unblock(got.y, n, o, oh * ow), y)).toBe(true)
    expect(sameBits(unblock(got.dx, n, c, h * w), dx)).toBe(true)
  })

  test('weights transposed', async () => {
    const [o, c, taps] = [40, 21, 9]
    const weight = noise(o * c * taps)
    const forward = blockWeight(weight, o, c, taps)
    const sheet = new Sheet()
    const y = sheet.put(forward.length)
    sheet.call('transpose_weight', { weight: sheet.put(forward), y, oblocks: blocks(o), iblocks: blocks(c), taps })
    const got = await outcome(open, sheet, { transposed: [y, forward.length] })
    expect(sameBits(got.transposed, blockWeight(weight, o, c, taps, true))).toBe(true)
  })
})
