/** Rounds the operands of operations with the attribute `precision: 'bf16'` to bfloat16, nearest even. */
import { type Tensor, zeros } from './tensor.js'

/** The operand as the operation multiplies it. */
export function operand(x: Tensor, { precision }: { readonly precision?: 'bf16' }): Tensor {
  if (precision === undefined) return x
  const rounded = zeros(x.shape)
  rounded.data.set(roundToBf16(Float32Array.from(x.data)))
  return rounded
}

/** Rounds each number to the 8 bits of significand of bfloat16, half-way cases to even. NaN stays NaN. */
export function roundToBf16(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength))
  const rounded = new Float32Array(bits.buffer)
  for (let i = 0; i < bits.length; i++)
    if (!Number.isNaN(rounded[i]!)) bits[i] = (bits[i]! + 0x7fff + ((bits[i]! >>> 16) & 1)) & 0xffff0000
  return rounded
}
