/** Batch norm of every build against float64, forward and backward, with data that a sum of squares cannot handle. */
import { describe, expect, test } from 'vitest'
import {
  block,
  blocks,
  builds,
  channelVector,
  difference,
  noise,
  outcome,
  Sheet,
  sameBits,
  unblock,
} from './harness.js'

const epsilon = 1e-5

function reference(
  x: Float32Array,
  dy: Float32Array,
  n: number,
  c: number,
  size: number,
  p: ReturnType<typeof params>,
) {
  const count = n * size
  const at = (i: number, k: number, s: number) => (i * c + k) * size + s
  const each = (k: number, visit: (index: number) => void) => {
    for (let i = 0; i < n; i++) for (let s = 0; s < size; s++) visit(at(i, k, s))
  }
  const mean = new Float64Array(c)
  const variance = new Float64Array(c)
  const y = new Float64Array(x.length)
  const dx = new Float64Array(x.length)
  const frozen = new Float64Array(x.length)
  const dscale = new Float64Array(c)
  const dshift = new Float64Array(c)
  for (let k = 0; k < c; k++) {
    each(k, (j) => (mean[k]! += x[j]! / count))
    each(k, (j) => (variance[k]! += (x[j]! - mean[k]!) ** 2 / count))
    const r = 1 / Math.sqrt(variance[k]! + epsilon)
    each(k, (j) => {
      y[j] = (x[j]! - mean[k]!) * r * p.scale[k]! + p.shift[k]!
      const dz = p.mask[j]! > 0 ? dy[j]! : 0
      dshift[k]! += dz
      dscale[k]! += dz * (x[j]! - mean[k]!) * r
    })
    each(k, (j) => {
      const dz = p.mask[j]! > 0 ? dy[j]! : 0
      frozen[j] = p.scale[k]! * r * dz
      dx[j] = p.scale[k]! * r * (dz - dshift[k]! / count - ((x[j]! - mean[k]!) * r * dscale[k]!) / count)
    })
  }
  return { mean, variance, y, dx, frozen, dscale, dshift }
}

function params(c: number, length: number) {
  return { scale: noise(c, 11), shift: noise(c, 12), mask: noise(length, 13), addend: noise(length, 14) }
}

describe.each(builds)('%s', (_, open) => {
  test.each([
    ['a block', 4, 16, 64, 0, 1],
    ['odd channels', 3, 37, 35, 0, 1],
    ['wide', 2, 24, 1600, 0, 1],
    ['a mean of 1000 deviations', 5, 16, 49, 1000, 1],
    ['a constant channel', 3, 5, 12, 3, 0],
  ])('batch norm: %s', async (_name, n, c, size, offset, spread) => {
    const length = n * c * size
    const x = noise(length, 10).map((v) => v * spread + offset)
    const dy = noise(length, 15)
    const p = params(c, length)
    const e = reference(x, dy, n, c, size, p)
    const sheet = new Sheet()
    const stored = n * blocks(c) * size * 16
    const vector = blocks(c) * 16
    const put = {
      x: sheet.put(block(x, n, c, size)),
      dy: sheet.put(block(dy, n, c, size)),
      mask: sheet.put(block(p.mask, n, c, size)),
      addend: sheet.put(block(p.addend, n, c, size)),
      scale: sheet.put(channelVector(p.scale)),
      shift: sheet.put(channelVector(p.shift)),
    }
    const out = {
      statistics: sheet.put(n * 2 * vector),
      mean: sheet.put(vector),
      variance: sheet.put(vector),
      y: sheet.put(stored),
      finished: sheet.put(stored),
      masked: sheet.put(stored),
      activation: sheet.put(stored),
      byOutput: sheet.put(stored),
      byNorm: sheet.put(stored),
      sums: sheet.put(n * 2 * vector),
      dscale: sheet.put(vector),
      dshift: sheet.put(vector),
      dx: sheet.put(stored),
      frozen: sheet.put(stored),
      running: sheet.put(vector),
    }
    const { scale, shift, mask, addend } = put
    const { mean, variance, sums, dscale, dshift, statistics } = out
    const shape = { n, c, size }
    const norm = { x: put.x, scale, shift, mean, variance, epsilon, ...shape }
    sheet.call('image_statistics', { x: put.x, statistics, ...shape })
    sheet.call('merge_statistics', { statistics, mean, variance, c, n, bands: 1, oh: 1, ow: size })
    sheet.call('normalise', { ...norm, y: out.y, normalise_relu: 0, relu: 0 })
    sheet.call('normalise', { ...norm, y: out.activation, normalise_relu: 1, relu: 0 })
    sheet.call('normalise', { ...norm, y: out.finished, normalise_relu: 0, addend, relu: 1 })
    const reduction = { normed: put.x, norm_mean: mean, sums }
    const computed = { norm_scale: scale, norm_shift: shift, norm_variance: variance, norm_epsilon: epsilon }
    sheet.call('reduce_norm_gradient', { dy: put.dy, ...reduction, mask: out.activation, dz: out.byOutput, ...shape })
    sheet.call('reduce_norm_gradient', { dy: put.dy, ...reduction, ...computed, dz: out.byNorm, ...shape })
    sheet.call('reduce_norm_gradient', { dy: put.dy, ...reduction, mask, dz: out.masked, ...shape })
    sheet.call('merge_norm_gradient', { sums, variance, dscale, dshift, epsilon, parts: n, c })
    const gradient = { x: put.x, scale, mean, variance, dscale, dshift, epsilon, ...shape }
    sheet.call('apply_norm_gradient', { ...gradient, dz: out.masked, dx: out.dx, training: 1 })
    sheet.call('apply_norm_gradient', { ...gradient, dz: out.masked, addend: addend, dx: out.frozen, training: 0 })
    sheet.call('running_average', {
      running: shift,
      batch: variance,
      next: out.running,
      momentum: 0.1,
      correction: 1.5,
      count: c,
    })
    const got = await outcome(open, sheet, {
      mean: [mean, c],
      variance: [variance, c],
      y: [out.y, stored],
      finished: [out.finished, stored],
      masked: [out.masked, stored],
      activation: [out.activation, stored],
      byOutput: [out.byOutput, stored],
      byNorm: [out.byNorm, stored],
      dscale: [dscale, c],
      dshift: [dshift, c],
      dx: [out.dx, stored],
      frozen: [out.frozen, stored],
      running: [out.running, c],
    })
    const plain = (tensor: Float32Array) => unblock(tensor, n, c, size)
    expect(difference([...got.mean, 1], [...e.mean, 1]), 'mean').toBeLessThan(1e-7)
    // With a mean of 1000 deviations, x itself and the means of images are known to 6e-5 deviations only.
    const digits = offset > 100 ? 2e-4 : 2e-6
    expect(difference([...got.variance, 1e-3], [...e.variance, 1e-3]), 'variance').toBeLessThan(digits / 2)
    expect(difference(plain(got.y), e.y), 'y').toBeLessThan(digits)
    expect(
      difference(
        plain(got.finished),
        e.y.map((v, k) => Math.max(0, v + p.addend[k]!)),
      ),
      'with addend and ReLU',
    ).toBeLessThan(digits)
    const masked = dy.map((v, k) => (p.mask[k]! > 0 ? v : 0))
    expect(sameBits(plain(got.masked), masked), 'masked').toBe(true)
    expect(difference(got.dshift, e.dshift), 'dshift').toBeLessThan(2e-6)
    expect(difference([...got.dscale, 1], [...e.dscale, 1]), 'dscale').toBeLessThan(digits)
    expect(difference(plain(got.dx), e.dx), 'dx').toBeLessThan(digits)
    const frozen = e.frozen.map((v, k) => v + p.addend[k]!)
    expect(difference(plain(got.frozen), frozen), 'frozen').toBeLessThan(digits)
    const activation = plain(got.activation)
    const passed = dy.map((v, k) => (activation[k]! > 0 ? v : 0))
    expect(sameBits(plain(got.byOutput), passed), 'masked by the output').toBe(true)
    expect(sameBits(plain(got.byNorm), passed), 'masked by the norm').toBe(true)
    expect(
      difference(
        got.running,
        e.variance.map((v, k) => 0.9 * p.shift[k]! + 0.1 * 1.5 * v),
      ),
      'running average',
    ).toBeLessThan(1e-6)
  })

  test('statistics of bands merge to those of the whole', async () => {
    const [n, c, oh, ow] = [3, 20, 7, 5]
    const x = noise(n * c * oh * ow).map((v) => v + 50)
    const sheet = new Sheet()
    const statistics = new Float32Array(n * 3 * 2 * 32)
    for (let i = 0; i < n; i++)
      for (let band = 0; band < 3; band++)
        for (let k = 0; k < c; k++) {
          const [from, to] = [band, band + 1].map((b) => Math.floor((b * oh) / 3) * ow) as [number, number]
          const part = x.subarray((i * c + k) * oh * ow + from, (i * c + k) * oh * ow + to)
          const mean = part.reduce((a, b) => a + b, 0) / part.length
          statistics[(i * 3 + band) * 64 + k] = mean
          statistics[(i * 3 + band) * 64 + 32 + k] = part.reduce((a, b) => a + (b - mean) ** 2, 0)
        }
    const args = { statistics: sheet.put(statistics), mean: sheet.put(32), variance: sheet.put(32) }
    sheet.call('merge_statistics', { ...args, c, n, bands: 3, oh, ow })
    const got = await outcome(open, sheet, { mean: [args.mean, c], variance: [args.variance, c] })
    const e = reference(x, x, n, c, oh * ow, params(c, x.length))
    expect(difference(got.mean, e.mean)).toBeLessThan(1e-7)
    expect(difference(got.variance, e.variance)).toBeLessThan(2e-6)
  })

  test('a batch norm folds into the weights', async () => {
    const [oblocks, inner] = [2, 27]
    const weight = noise(oblocks * inner * 16, 1)
    const [scale, shift, mean] = [noise(32, 2), noise(32, 3), noise(32, 4)]
    const variance = noise(32, 5).map((v) => v * v + 0.1)
    const sheet = new Sheet()
    const out = { folded: sheet.put(weight.length), bias: sheet.put(32) }
    const inputs = Object.fromEntries(
      Object.entries({ weight, scale, shift, mean, variance }).map(([name, data]) => [name, sheet.put(data)]),
    ) as Record<'weight' | 'scale' | 'shift' | 'mean' | 'variance', number>
    sheet.call('fold_batch_norm', { ...inputs, ...out, epsilon, oblocks, inner })
    const got = await outcome(open, sheet, { folded: [out.folded, weight.length], bias: [out.bias, 32] })
    const factor = (k: number) => scale[k]! / Math.sqrt(variance[k]! + epsilon)
    expect(
      difference(
        got.folded,
        weight.map((v, j) => v * factor(Math.floor(j / (inner * 16)) * 16 + (j % 16))),
      ),
    ).toBeLessThan(1e-6)
    expect(
      difference(
        got.bias,
        shift.map((v, k) => v - mean[k]! * factor(k)),
      ),
    ).toBeLessThan(1e-6)
  })
})
