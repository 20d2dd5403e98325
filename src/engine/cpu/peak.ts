/** Measures the best that a backend can do on this machine: the bounds that benchmarks compare with. */
import type { CpuBackend } from './backend.js'
import { Tape } from './tape.js'

/** The best that a machine can do. */
export interface Peak {
  /** Multiply-adds a second of all threads, in registers. */
  readonly multiplyAdds: number
  /** Bytes a second that all threads read and write in main memory, as a sum of two vectors does. */
  readonly bandwidth: number
}

/** Multiply-adds of a piece, which take some milliseconds, and pieces enough for many threads. */
const COUNT = 192 * 65536
const PIECES = 64
/** Floats of each of three vectors: together more than any cache holds (768 MiB). */
const VECTOR = 2 ** 26
/**
 * Measurements of each kind, in turns, and the least seconds of each: shorter ones catch a clock rate that does not
 * last.
 */
const ROUNDS = 5
const LASTS = 0.05

/** @param now seconds from any moment on */
export async function peakOf(backend: CpuBackend, now: () => number): Promise<Peak> {
  const sums = new Tape()
  sums.push('multiply_adds', { y: 0, factor: 0.5, addend: 1, count: COUNT, parts: PIECES })
  const streams = new Tape()
  streams.push('add', { a: 0, b: VECTOR, y: 2 * VECTOR, count: VECTOR })
  const arithmetic = await stopwatch(backend, 16 * PIECES, sums, now)
  const memory = await stopwatch(backend, 3 * VECTOR, streams, now)
  try {
    const [products, bytes] = [[] as number[], [] as number[]]
    for (let round = 0; round < ROUNDS; round++) {
      products.push(await arithmetic.seconds())
      bytes.push(await memory.seconds())
    }
    return {
      multiplyAdds: (COUNT * PIECES) / Math.min(...products),
      bandwidth: (12 * VECTOR) / Math.min(...bytes),
    }
  } finally {
    await arithmetic.dispose()
    await memory.dispose()
  }
}

/** Times a tape over as many runs as take long enough. */
async function stopwatch(backend: CpuBackend, arenaFloats: number, tape: Tape, now: () => number) {
  const program = await backend.load({ arenaFloats, setup: new Float64Array(0), run: tape.build() })
  const time = async (runs: number) => {
    const start = now()
    for (let k = 0; k < runs; k++) await program.run('run')
    return (now() - start) / runs
  }
  await time(1) // the first run touches its memory
  const runs = Math.max(1, Math.ceil(LASTS / (await time(1))))
  return { seconds: () => time(runs), dispose: () => program.dispose() }
}
