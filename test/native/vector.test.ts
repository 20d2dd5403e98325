/** Elementwise kernels, the classifier, the loss and the update, of every build, against float64. */
import { describe, expect, test } from 'vitest'
import { builds, difference, noise, outcome, Sheet, sameBits } from './harness.js'

describe.each(builds)('%s', (_, open) => {
  test.each([1, 15, 64, 40001])('elementwise over %i', async (count) => {
    const [a, b] = [noise(count, 1), noise(count, 2)]
    const sheet = new Sheet()
    const [x, y] = [sheet.put(a), sheet.put(b)]
    // One float more than is written: it must stay as it was.
    const out = [0, 1, 2, 3].map(() => sheet.put(count + 1)) as [number, number, number, number]
    sheet.call('relu', { x, y: out[0], count })
    sheet.call('relu_gradient', { dy: x, y, dx: out[1], count })
    sheet.call('add', { a: x, b: y, y: out[2], count })
    sheet.call('fill', { y: out[3], value: 0.1, count })
    const got = await outcome(open, sheet, {
      relu: [out[0], count + 1],
      reluGradient: [out[1], count + 1],
      add: [out[2], count + 1],
      fill: [out[3], count + 1],
    })
    const expected = {
      relu: a.map((v) => (v < 0 ? 0 : v)),
      reluGradient: a.map((v, k) => (b[k]! > 0 ? v : 0)),
      add: a.map((v, k) => v + b[k]!),
      fill: a.map(() => 0.1),
    }
    for (const name of Object.keys(expected) as (keyof typeof expected)[])
      expect(sameBits(got[name], Float32Array.from([...expected[name], 9])), name).toBe(true)
  })

  test('relu keeps NaN', async () => {
    const sheet = new Sheet()
    const x = sheet.put(Float32Array.from({ length: 40 }, (_, k) => (k % 3 === 0 ? Number.NaN : -k)))
    const y = sheet.put(40)
    sheet.call('relu', { x, y, count: 40 })
    const got = await outcome(open, sheet, { y: [y, 40] })
    expect([...got.y]).toEqual(Array.from({ length: 40 }, (_, k) => (k % 3 === 0 ? Number.NaN : 0)))
  })

  test.each([0, 1])('sgd, nesterov %i', async (nesterov) => {
    const count = 20011
    const [parameter, gradient, velocity] = [noise(count, 1), noise(count, 2), noise(count, 3)]
    const sheet = new Sheet()
    const [at, velocityAt] = [sheet.put(parameter), sheet.put(velocity)]
    const args = {
      momentum: 0.9,
      weight_decay: 1e-4,
      nesterov,
      count,
      lr: sheet.put(Float32Array.of(0.1)),
      guard: sheet.put(1),
    }
    sheet.call('sgd', {
      parameter: at,
      gradient: sheet.put(gradient),
      velocity: velocityAt,
      next_parameter: at,
      next_velocity: velocityAt,
      ...args,
    })
    const got = await outcome(open, sheet, { parameter: [at, count], velocity: [velocityAt, count] })
    const g = Float64Array.from(gradient, (v, k) => v + 1e-4 * parameter[k]!)
    const v = g.map((value, k) => value + 0.9 * velocity[k]!)
    const p = v.map((value, k) => parameter[k]! - 0.1 * (nesterov ? g[k]! + 0.9 * value : value))
    expect(difference(got.velocity, v)).toBeLessThan(2e-7)
    expect(difference(got.parameter, p)).toBeLessThan(2e-7)
  })

  test.each([
    [1, 2048, 70],
    [37, 64, 10],
    [18, 33, 5],
    [3, 7, 130],
  ])('linear: %i pictures, %i inputs, %i classes', async (n, i, o) => {
    const [x, weight, bias, dy] = [noise(n * i, 1), noise(o * i, 2), noise(o, 3), noise(n * o, 4)]
    const y = new Float64Array(n * o)
    const dx = new Float64Array(n * i)
    const dweight = new Float64Array(o * i)
    const dbias = new Float64Array(o)
    for (let a = 0; a < n; a++)
      for (let b = 0; b < o; b++) {
        y[a * o + b]! += bias[b]!
        dbias[b]! += dy[a * o + b]!
        for (let c = 0; c < i; c++) {
          y[a * o + b]! += x[a * i + c]! * weight[b * i + c]!
          dx[a * i + c]! += dy[a * o + b]! * weight[b * i + c]!
          dweight[b * i + c]! += dy[a * o + b]! * x[a * i + c]!
        }
      }
    const sheet = new Sheet()
    const [xs, ws, dys] = [sheet.put(x), sheet.put(weight), sheet.put(dy)]
    const out = [sheet.put(n * o), sheet.put(n * i), sheet.put(o * i), sheet.put(o)] as const
    const shape = { n, i, o }
    sheet.call('linear', { x: xs, weight: ws, bias: sheet.put(bias), y: out[0], ...shape })
    sheet.call('linear_input_gradient', { dy: dys, weight: ws, dx: out[1], ...shape })
    sheet.call('linear_weight_gradient', { x: xs, dy: dys, dweight: out[2], ...shape })
    sheet.call('sum_rows', { x: dys, y: out[3], n, o })
    const got = await outcome(open, sheet, {
      y: [out[0], n * o],
      dx: [out[1], n * i],
      dweight: [out[2], o * i],
      dbias: [out[3], o],
    })
    expect(difference(got.y, y), 'y').toBeLessThan(2e-6)
    expect(difference(got.dx, dx), 'dx').toBeLessThan(2e-6)
    expect(difference(got.dweight, dweight), 'dweight').toBeLessThan(2e-6)
    expect(difference(got.dbias, dbias), 'dbias').toBeLessThan(2e-6)
  })

  test.each([
    [5, 10, 0, 4],
    [37, 1000, 0.1, 4],
    [3, 2, 0.3, 200],
  ])('softmax cross-entropy: %i pictures, %i classes, smoothing %f, logits to %f', async (n, k, smoothing, scale) => {
    const logits = noise(n * k, 1).map((v) => v * scale)
    const labels = Int32Array.from({ length: n }, (_, r) => (r * 7) % k)
    let loss = 0
    const gradient = new Float64Array(n * k)
    for (let r = 0; r < n; r++) {
      const row = [...logits.subarray(r * k, (r + 1) * k)]
      const largest = Math.max(...row)
      const total = row.reduce((sum, v) => sum + Math.exp(v - largest), 0)
      row.forEach((v, c) => {
        const target = (c === labels[r] ? 1 - smoothing : 0) + smoothing / k
        loss -= (target * (v - largest - Math.log(total))) / n
        gradient[r * k + c] = (0.5 * (Math.exp(v - largest) / total - target)) / n
      })
    }
    const sheet = new Sheet()
    const args = { logits: sheet.put(logits), labels: sheet.put(labels), smoothing, n, k }
    const [lossAt, dlogits] = [sheet.put(1), sheet.put(n * k)]
    sheet.call('softmax_cross_entropy', { ...args, loss: lossAt, rows: sheet.put(n) })
    const dloss = sheet.put(Float32Array.of(0.5))
    sheet.call('softmax_cross_entropy_gradient', { ...args, dloss, dlogits })
    const got = await outcome(open, sheet, { loss: [lossAt, 1], dlogits: [dlogits, n * k] })
    expect(difference(got.loss, [loss])).toBeLessThan(1e-7)
    expect(difference(got.dlogits, gradient)).toBeLessThan(1e-7)
  })

  test('a label that is no class gives NaN', async () => {
    const sheet = new Sheet()
    const args = { logits: sheet.put(noise(20)), labels: sheet.put(Int32Array.of(0, 10)), smoothing: 0, n: 2, k: 10 }
    const loss = sheet.put(1)
    sheet.call('softmax_cross_entropy', { ...args, loss, rows: sheet.put(2) })
    const got = await outcome(open, sheet, { loss: [loss, 1] })
    expect(got.loss[0]).toBeNaN()
  })
})
