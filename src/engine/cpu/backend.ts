/**
 * A backend runs tapes. It is the Node addon or the WASM module. A backend owns the threads; a program owns one arena,
 * its tapes and the threads' scratch. Offsets and lengths are in floats from the start of the arena.
 */

import type { Bf16Unit } from '../../ops/precision.js'

export interface CpuBackend {
  /** `native-avx512`, `native-avx2`, `native-baseline` or `wasm-simd`. */
  readonly build: string
  /** Threads that a run uses. Results do not depend on it. */
  readonly threads: number
  /** The unit that multiplies bfloat16 faster than float32, if there is one. It changes bits of results. */
  readonly bf16: Bf16Unit | undefined
  /** Allocates the arena (zeroed) and keeps copies of the tapes (see kernel-table.ts for their form). */
  load(program: ProgramSource): Promise<CpuProgram>
  /** Ends the threads. Runs in progress are finished first. */
  dispose(): Promise<void>
}

export interface ProgramSource {
  readonly arenaFloats: number
  readonly setup: Float64Array
  readonly run: Float64Array
  /** Called with the bytes that will be taken, those beside the arena included, before they are taken. May throw. */
  readonly admit?: (bytes: number) => void
  /** Called with the address space in bytes that the program's threads reserve, before they start. May throw. */
  readonly admitThreads?: (threads: number, addresses: number) => void
}

export interface CpuProgram {
  /** Bytes allocated beside the arena: tapes, stacks and the threads' scratch. */
  readonly scratchBytes: number
  /** Copies data into the arena. Refused while a run is in progress, as is `read`. */
  write(offset: number, data: Float32Array | Int32Array): void
  /** Returns a copy of a part of the arena. */
  read(offset: number, length: number): Promise<Float32Array>
  /** Runs a tape from start to end. Refused while a run of this program is in progress. */
  run(tape: 'setup' | 'run'): Promise<void>
  /** Frees the memory, after a run in progress has finished. */
  dispose(): Promise<void>
}
