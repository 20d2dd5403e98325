/** Checks that values are finite: no NaN, no infinity. */
import type { Tensor } from './weights.js'

export function allFinite(values: Float32Array): boolean {
  let zero = 0
  for (let i = 0; i < values.length; i++) zero += values[i]! * 0 // 0 of a number, NaN of all else
  return zero === 0
}

/** The first tensor that holds NaN or an infinity, with that value. */
export function firstNotFinite(
  tensors: ReadonlyMap<string, Tensor>,
): { readonly name: string; readonly value: number } | undefined {
  for (const [name, { data }] of tensors)
    if (!allFinite(data)) return { name, value: data.find((value) => !Number.isFinite(value))! }
  return undefined
}
