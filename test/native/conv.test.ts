/** The convolutions of every build against loops in float64. */
import { describe, expect, test } from 'vitest'
import {
  block,
  blocks,
  blockWeight,
  builds,
  channelVector,
  difference,
  noise,
  outcome,
  plainWeight,
  Sheet,
  unblock,
} from './harness.js'

interface Case {
  n: number
  c: number
  h: number
  w: number
  o: number
  kh: number
  kw: number
  sh?: number
  sw?: number
  ph?: number
  pw?: number
  dh?: number
  dw?: number
  bands?: number
  chunks?: number
  parts?: number
}

const cases: Record<string, Case> = {
  '3x3': { n: 3, c: 16, h: 32, w: 32, o: 16, kh: 3, kw: 3, ph: 1, pw: 1, bands: 2, chunks: 2 },
  '3x3, three blocks': { n: 2, c: 48, h: 8, w: 8, o: 48, kh: 3, kw: 3, ph: 1, pw: 1, chunks: 2, parts: 2 },
  '3x3, odd channels, 7 wide': { n: 2, c: 19, h: 7, w: 7, o: 37, kh: 3, kw: 3, ph: 1, pw: 1, bands: 3, chunks: 3 },
  '3x3 stride 2': { n: 2, c: 16, h: 16, w: 16, o: 32, kh: 3, kw: 3, sh: 2, sw: 2, ph: 1, pw: 1, bands: 2, chunks: 2 },
  '3x3 stride 2, odd size': { n: 1, c: 5, h: 15, w: 13, o: 20, kh: 3, kw: 3, sh: 2, sw: 2, ph: 1, pw: 1, bands: 3 },
  '1x1': { n: 2, c: 40, h: 14, w: 14, o: 70, kh: 1, kw: 1, bands: 3, parts: 3 },
  '1x1 stride 2': { n: 2, c: 16, h: 9, w: 8, o: 33, kh: 1, kw: 1, sh: 2, sw: 2, bands: 2 },
  '1x1 padded': { n: 1, c: 3, h: 4, w: 5, o: 2, kh: 1, kw: 1, ph: 1, pw: 2, bands: 2 },
  '7x7 stride 2': { n: 2, c: 3, h: 30, w: 28, o: 64, kh: 7, kw: 7, sh: 2, sw: 2, ph: 3, pw: 3, bands: 4 },
  '5x2 stride 3x2, dilation 2x3': {
    n: 2,
    c: 18,
    h: 21,
    w: 19,
    o: 17,
    kh: 5,
    kw: 2,
    sh: 3,
    sw: 2,
    ph: 2,
    pw: 1,
    dh: 2,
    dw: 3,
    bands: 5,
  },
  '9x8 wide kernel': { n: 1, c: 2, h: 12, w: 20, o: 5, kh: 9, kw: 8, ph: 4, pw: 3, bands: 1 },
  '3x3, narrow': { n: 2, c: 32, h: 9, w: 3, o: 32, kh: 3, kw: 3, ph: 1, pw: 1, chunks: 5 },
  '3x3, 56 wide': { n: 1, c: 16, h: 5, w: 56, o: 48, kh: 3, kw: 3, ph: 1, pw: 1, bands: 9 },
  'one pixel': { n: 2, c: 1, h: 1, w: 1, o: 1, kh: 3, kw: 3, ph: 1, pw: 1 },
}

function complete(part: Case) {
  const c = { sh: 1, sw: 1, ph: 0, pw: 0, dh: 1, dw: 1, bands: 1, chunks: 1, parts: 1, groups: 1, ...part }
  const oh = Math.floor((c.h + 2 * c.ph - c.dh * (c.kh - 1) - 1) / c.sh) + 1
  const ow = Math.floor((c.w + 2 * c.pw - c.dw * (c.kw - 1) - 1) / c.sw) + 1
  return { ...c, oh, ow }
}

type Geometry = ReturnType<typeof complete>

/** Calls visit with the places in x, weight and y of every product of a convolution. */
function products(g: Geometry, visit: (x: number, w: number, y: number) => void): void {
  for (let n = 0; n < g.n; n++)
    for (let o = 0; o < g.o; o++)
      for (let y = 0; y < g.oh; y++)
        for (let x = 0; x < g.ow; x++)
          for (let c = 0; c < g.c; c++)
            for (let i = 0; i < g.kh; i++)
              for (let j = 0; j < g.kw; j++) {
                const row = y * g.sh - g.ph + i * g.dh
                const column = x * g.sw - g.pw + j * g.dw
                if (row < 0 || row >= g.h || column < 0 || column >= g.w) continue
                visit(
                  ((n * g.c + c) * g.h + row) * g.w + column,
                  ((o * g.c + c) * g.kh + i) * g.kw + j,
                  ((n * g.o + o) * g.oh + y) * g.ow + x,
                )
              }
}

const expectations = new Map<string, ReturnType<typeof compute>>()

function compute(g: Geometry) {
  const x = noise(g.n * g.c * g.h * g.w, 1)
  const weight = noise(g.o * g.c * g.kh * g.kw, 2)
  const dy = noise(g.n * g.o * g.oh * g.ow, 3)
  const bias = noise(g.o, 4)
  const residual = noise(dy.length, 5)
  const addend = noise(x.length, 6)
  const y = new Float64Array(dy.length)
  const dx = new Float64Array(x.length)
  const dweight = new Float64Array(weight.length)
  products(g, (a, b, c) => {
    y[c]! += x[a]! * weight[b]!
    dx[a]! += dy[c]! * weight[b]!
    dweight[b]! += x[a]! * dy[c]!
  })
  return { x, weight, dy, bias, residual, addend, y, dx, dweight }
}

function expected(name: string, g: Geometry) {
  const known = expectations.get(name) ?? compute(g)
  expectations.set(name, known)
  return known
}

describe.each(builds)('%s', (_, open) => {
  test.each(Object.entries(cases))('%s', async (name, part) => {
    const g = complete(part)
    const e = expected(name, g)
    const taps = g.kh * g.kw
    const pixels = g.oh * g.ow
    const sheet = new Sheet()
    const x = sheet.put(block(e.x, g.n, g.c, g.h * g.w))
    const plain = sheet.put(e.x)
    const weight = sheet.put(blockWeight(e.weight, g.o, g.c, taps))
    const transposed = sheet.put(blockWeight(e.weight, g.o, g.c, taps, true))
    const ofPlain = sheet.put(plainWeight(e.weight, g.o, g.c, taps))
    const bias = sheet.put(channelVector(e.bias))
    const residual = sheet.put(block(e.residual, g.n, g.o, pixels))
    const addend = sheet.put(block(e.addend, g.n, g.c, g.h * g.w))
    const dy = sheet.put(block(e.dy, g.n, g.o, pixels))
    const ySize = g.n * blocks(g.o) * pixels * 16
    const xSize = g.n * blocks(g.c) * g.h * g.w * 16
    const weightSize = blocks(g.o) * blocks(g.c) * taps * 256
    const plainSize = blocks(g.o) * g.c * taps * 16
    const statisticsSize = g.n * g.bands * 2 * blocks(g.o) * 16
    const out = {
      y: sheet.put(ySize),
      statistics: sheet.put(statisticsSize),
      finished: sheet.put(ySize),
      yPlain: sheet.put(ySize),
      dx: sheet.put(xSize),
      dxAdded: sheet.put(xSize),
      partials: sheet.put(weightSize * g.chunks),
      dweight: sheet.put(weightSize),
      plainPartials: sheet.put(plainSize * g.chunks),
      plainDweight: sheet.put(plainSize),
    }
    const none = { bias: -1, addend: -1, relu: 0, statistics: -1 }
    sheet.call('conv2d', { ...none, x, weight, y: out.y, ...g, statistics: out.statistics })
    sheet.call('conv2d', { ...none, x, weight, y: out.finished, ...g, bias, addend: residual, relu: 1 })
    sheet.call('conv2d_plain', { ...none, x: plain, weight: ofPlain, y: out.yPlain, ...g, bias })
    sheet.call('conv2d_input_gradient', { dy, weight: transposed, dx: out.dx, addend: -1, ...g })
    sheet.call('conv2d_input_gradient', { dy, weight: transposed, dx: out.dxAdded, addend, ...g })
    sheet.call('conv2d_weight_gradient', { x, dy, partials: out.partials, ...g })
    sheet.call('sum_partials', { partials: out.partials, y: out.dweight, count: weightSize, chunks: g.chunks })
    sheet.call('conv2d_weight_gradient_plain', { x: plain, dy, partials: out.plainPartials, ...g })
    sheet.call('sum_partials', { partials: out.plainPartials, y: out.plainDweight, count: plainSize, chunks: g.chunks })

    const got = await outcome(open, sheet, {
      y: [out.y, ySize],
      statistics: [out.statistics, statisticsSize],
      finished: [out.finished, ySize],
      yPlain: [out.yPlain, ySize],
      dx: [out.dx, xSize],
      dxAdded: [out.dxAdded, xSize],
      dweight: [out.dweight, weightSize],
      plainDweight: [out.plainDweight, plainSize],
    })
    const outputs = (tensor: Float32Array) => unblock(tensor, g.n, g.o, pixels)
    const inputs = (tensor: Float32Array) => unblock(tensor, g.n, g.c, g.h * g.w)
    const biasOf = (k: number) => e.bias[Math.floor(k / pixels) % g.o]!
    expect(difference(outputs(got.y), e.y), 'y').toBeLessThan(2e-6)
    expect(
      difference(
        outputs(got.finished),
        e.y.map((v, k) => Math.max(0, v + biasOf(k) + e.residual[k]!)),
      ),
      'with bias, addend and ReLU',
    ).toBeLessThan(2e-6)
    expect(
      difference(
        outputs(got.yPlain),
        e.y.map((v, k) => v + biasOf(k)),
      ),
      'plain',
    ).toBeLessThan(2e-6)
    expect(difference(inputs(got.dx), e.dx), 'dx').toBeLessThan(2e-6)
    expect(
      difference(
        inputs(got.dxAdded),
        e.dx.map((v, k) => v + e.addend[k]!),
      ),
      'dx with addend',
    ).toBeLessThan(2e-6)
    expect(difference(got.dweight, blockWeight(e.dweight, g.o, g.c, taps)), 'dweight').toBeLessThan(4e-6)
    expect(difference(got.plainDweight, plainWeight(e.dweight, g.o, g.c, taps)), 'plain dweight').toBeLessThan(4e-6)
    checkStatistics(got.statistics, outputs(got.y), g)
  })
})

function checkStatistics(statistics: Float32Array, y: Float32Array, g: Geometry): void {
  const channels = blocks(g.o) * 16
  const got: number[] = []
  const wanted: number[] = []
  for (let n = 0; n < g.n; n++)
    for (let band = 0; band < g.bands; band++) {
      const [from, to] = [band, band + 1].map((b) => Math.floor((b * g.oh) / g.bands))
      if (from === to) continue
      for (let o = 0; o < g.o; o++) {
        const start = (n * g.o + o) * g.oh * g.ow
        const values = [...y.subarray(start + from! * g.ow, start + to! * g.ow)]
        const mean = values.reduce((a, b) => a + b, 0) / values.length
        wanted.push(mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length)
        const at = (n * g.bands + band) * 2 * channels + o
        got.push(statistics[at]!, statistics[at + channels]! / values.length)
      }
    }
  expect(difference(got, wanted), 'statistics').toBeLessThan(1e-6)
}
