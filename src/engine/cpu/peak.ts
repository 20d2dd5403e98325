/** What a backend can do at best on this machine, found by measurement: the bounds that work is held against. */
import type { CpuBackend } from './backend.js'
import { Tape } from './tape.js'

/** What a machine can do at best. */
export interface Peak {
  /** Multiply-adds a second of all threads, in registers. */
  readonly multiplyAdds: number
  /** Bytes a second that all threads read and write in main memory, as a sum of two vectors does. */
  readonly bandwidth: number
}

/** Multiply-adds of a piece, some milliseconds; pieces enough for many threads. */
const COUNT = 192 * 65536
const PIECES = 64
/** Floats of each of three vectors: together more than any cache holds (768 MiB). */
const VECTOR = 2 ** 26
const ROUNDS = 5

/** @param now seconds from any moment on */
export async function peakOf(backend: CpuBackend, now: () => number): Promise<Peak> {
  const sums = new Tape()
  sums.push('multiply_adds', { y: 0, factor: 0.5, addend: 1, count: COUNT, parts: PIECES })
  const streams = new Tape()
  streams.push('add', { a: 0, b: VECTOR, y: 2 * VECTOR, count: VECTOR })
  return {
    multiplyAdds: (COUNT * PIECES) / (await shortest(backend, 16 * PIECES, sums, now)),
    bandwidth: (12 * VECTOR) / (await shortest(backend, 3 * VECTOR, streams, now)),
  }
}

/** Seconds of the shortest of several runs: a peak is what was reached once. */
async function shortest(backend: CpuBackend, arenaFloats: number, tape: Tape, now: () => number): Promise<number> {
  const program = await backend.load({ arenaFloats, setup: new Float64Array(0), run: tape.build() })
  try {
    await program.run('run')
    let least = Number.POSITIVE_INFINITY
    for (let round = 0; round < ROUNDS; round++) {
      const start = now()
      await program.run('run')
      least = Math.min(least, now() - start)
    }
    return least
  } finally {
    await program.dispose()
  }
}
