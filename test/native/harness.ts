/**
 * What the tests of the kernels share: every build that this machine can run, a sheet on which tensors are placed and
 * kernels called, and the layouts, written here a second time so that a mistake in either shows.
 */
import { addonVariants, openAddon } from '../../src/engine/cpu/addon.node.js'
import type { CpuBackend, CpuProgram } from '../../src/engine/cpu/backend.js'
import { type KernelName, kernelNames, kernels } from '../../src/engine/cpu/kernel-table.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import { Random } from '../../src/util/random.js'

const all: readonly (readonly [string, (threads: number) => Promise<CpuBackend>])[] = [
  ...addonVariants().map((variant) => [variant, (threads: number) => openAddon({ threads, variant })] as const),
  ['wasm with threads', (threads) => openWasm({ threads, host: nodeHost() })],
  ['wasm without', () => openWasm({ threads: 1, host: { ...nodeHost(), sharedMemory: false } })],
]

/** All of them, or those of the addon only where RESNET_ONLY_ENGINES names no other (test/engine/engines.ts). */
export const builds = all.filter(([name]) => !process.env.RESNET_ONLY_ENGINES || !name.startsWith('wasm'))

/** Tensors in an arena and calls of kernels on them. */
export class Sheet {
  readonly #writes: { offset: number; data: Float32Array | Int32Array }[] = []
  readonly #tape: number[] = []
  #floats = 0

  /** Places data, or room for a number of floats that is filled with 9s. Returns the offset. */
  put(data: Float32Array | Int32Array | number): number {
    const values = typeof data === 'number' ? new Float32Array(data).fill(9) : data
    const offset = this.#floats
    this.#floats += Math.ceil(values.length / 16) * 16
    this.#writes.push({ offset, data: values })
    return offset
  }

  /** Arguments that are not given are −1: tensors left out. */
  call<K extends KernelName>(kernel: K, args: Partial<Record<(typeof kernels)[K][number], number>>): void {
    const names: readonly (typeof kernels)[K][number][] = kernels[kernel]
    this.#tape.push(kernelNames.indexOf(kernel), ...names.map((name) => args[name] ?? -1))
  }

  tape(): Float64Array {
    return Float64Array.from(this.#tape)
  }

  async load(backend: CpuBackend): Promise<CpuProgram> {
    const program = await backend.load({ arenaFloats: this.#floats, setup: new Float64Array(0), run: this.tape() })
    for (const { offset, data } of this.#writes) program.write(offset, data)
    return program
  }
}

/** Values whose products and sums are not exact, with some zeros, as after a ReLU. */
export function noise(length: number, seed = 1): Float32Array {
  const random = new Random(seed)
  return Float32Array.from({ length }, () => (random.uniform() < 0.1 ? 0 : 2 * random.uniform() - 1))
}

export const blocks = (channels: number) => Math.ceil(channels / 16)

/** Plain [n][c][size] to [n][blocks][size][16]. */
export function block(x: ArrayLike<number>, n: number, c: number, size: number): Float32Array {
  const y = new Float32Array(n * blocks(c) * size * 16)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < c; k++)
      for (let p = 0; p < size; p++)
        y[((i * blocks(c) + (k >> 4)) * size + p) * 16 + (k & 15)] = x[(i * c + k) * size + p]!
  return y
}

/** The plain form. Fails if a lane beyond the channels is not zero. */
export function unblock(y: Float32Array, n: number, c: number, size: number): Float32Array {
  const x = new Float32Array(n * c * size)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < blocks(c) * 16; k++)
      for (let p = 0; p < size; p++) {
        const value = y[((i * blocks(c) + (k >> 4)) * size + p) * 16 + (k & 15)]!
        if (k < c) x[(i * c + k) * size + p] = value
        else if (value !== 0) throw new Error(`lane ${k} of pixel ${p} of image ${i} holds ${value}, not zero`)
      }
  return x
}

/** A vector of a channel each, padded to whole blocks. */
export function channelVector(x: ArrayLike<number>): Float32Array {
  const y = new Float32Array(blocks(x.length) * 16)
  y.set(Array.from(x))
  return y
}

/** OIHW weights to [O/16][I/16][taps][16 i][16 o], or to [I/16][O/16][taps][16 o][16 i]. */
export function blockWeight(
  w: ArrayLike<number>,
  o: number,
  c: number,
  taps: number,
  transposed = false,
): Float32Array {
  const y = new Float32Array(blocks(o) * blocks(c) * taps * 256)
  for (let a = 0; a < o; a++)
    for (let b = 0; b < c; b++)
      for (let t = 0; t < taps; t++) {
        const pair = transposed ? (b >> 4) * blocks(o) + (a >> 4) : (a >> 4) * blocks(c) + (b >> 4)
        const lane = transposed ? (a & 15) * 16 + (b & 15) : (b & 15) * 16 + (a & 15)
        y[(pair * taps + t) * 256 + lane] = w[(a * c + b) * taps + t]!
      }
  return y
}

/** OIHW weights to [O/16][I][taps][16 o]. */
export function plainWeight(w: ArrayLike<number>, o: number, c: number, taps: number): Float32Array {
  const y = new Float32Array(blocks(o) * c * taps * 16)
  for (let a = 0; a < o; a++)
    for (let b = 0; b < c; b++)
      for (let t = 0; t < taps; t++) y[(((a >> 4) * c + b) * taps + t) * 16 + (a & 15)] = w[(a * c + b) * taps + t]!
  return y
}

/** Largest difference, relative to the largest expected value. */
export function difference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) throw new Error(`${got.length} values, expected ${expected.length}`)
  let largest = 1e-30
  let most = 0
  for (let k = 0; k < expected.length; k++) {
    largest = Math.max(largest, Math.abs(expected[k]!))
    const d = Math.abs(got[k]! - expected[k]!)
    if (!(d <= most)) most = d
  }
  return most / largest
}

/** Runs the sheet with 1, 2 and 3 threads, fails unless the bits agree, and returns the outputs by name. */
export async function outcome<T extends Record<string, readonly [offset: number, length: number]>>(
  open: (threads: number) => Promise<CpuBackend>,
  sheet: Sheet,
  outputs: T,
): Promise<{ [name in keyof T]: Float32Array }> {
  let first: { [name in keyof T]: Float32Array } | undefined
  for (const threads of [1, 2, 3]) {
    const backend = await open(threads)
    const program = await sheet.load(backend)
    await program.run('run')
    const reading = Object.entries(outputs).map(async ([name, place]) => [name, await program.read(...place)] as const)
    const entries = await Promise.all(reading)
    await program.dispose()
    await backend.dispose()
    if (!first) first = Object.fromEntries(entries) as { [name in keyof T]: Float32Array }
    else
      for (const [name, values] of entries)
        if (!sameBits(values, first[name]!)) throw new Error(`${name}: ${threads} threads give other bits than one`)
  }
  return first!
}

export function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength))
}
