/**
 * Elementary functions made only of + − × ÷ and square root, so that they give the same bits on every JavaScript engine
 * (`Math.exp`, `Math.log` and `Math.cos` may differ in the last bits between V8 versions). All code that affects the
 * bits of a training uses them. The relative error is below 1e-14 over the ranges used here.
 */

const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10

const word = new DataView(new ArrayBuffer(8))

/** 2^k for whole k in [-1022, 1023], exactly. */
function powerOfTwo(k: number): number {
  word.setUint32(0, (k + 1023) << 20)
  word.setUint32(4, 0)
  return word.getFloat64(0)
}

/** e^x. Returns 0 below -708 and Infinity above 709. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x
  if (x > 709) return Number.POSITIVE_INFINITY
  if (x < -708) return 0
  const k = Math.floor(x / Math.LN2 + 0.5)
  const r = x - k * LN2_HIGH - k * LN2_LOW // |r| <= ln2 / 2
  let term = 1
  let sum = 1
  for (let i = 1; i <= 16; i++) {
    term = (term * r) / i
    sum += term
  }
  return sum * powerOfTwo(k)
}

/** Natural logarithm of x > 0. Returns NaN below 0 and -Infinity at 0. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN
  if (x === Number.POSITIVE_INFINITY) return x
  if (x < 2.3e-308) return ln(x * 18014398509481984) - 54 * Math.LN2 // subnormal
  word.setFloat64(0, x)
  const high = word.getUint32(0)
  let k = (high >>> 20) - 1023
  word.setUint32(0, (high & 0xfffff) | (1023 << 20))
  let m = word.getFloat64(0) // in [1, 2)
  if (m > Math.SQRT2) {
    m /= 2
    k += 1
  }
  const t = (m - 1) / (m + 1) // ln m = 2 artanh t, |t| <= 0.1716
  const t2 = t * t
  let sum = 0
  for (let i = 27; i >= 1; i -= 2) sum = sum * t2 + 1 / i
  return k * LN2_HIGH + (2 * t * sum + k * LN2_LOW)
}

/** cos(pi * t). Exact at multiples of a half. */
export function cosPi(t: number): number {
  let u = Math.abs(t) % 2 // period 2
  if (u > 1) u = 2 - u
  const flip = u > 0.5
  if (flip) u = 1 - u // now u in [0, 1/2]
  if (u === 0.5) return 0
  const x2 = u * Math.PI * (u * Math.PI)
  let term = 1
  let sum = 1
  for (let i = 1; i <= 11; i++) {
    term = (-term * x2) / ((2 * i - 1) * (2 * i))
    sum += term
  }
  return flip ? -sum : sum
}
