/** The WASM backend keeps the workers of a program that has ended for the next one. */
import { afterEach, describe, expect, test } from 'vitest'
import type { CpuBackend, ProgramSource } from '../../src/engine/cpu/backend.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import type { WasmHost, WasmWorker } from '../../src/engine/cpu/wasm-host.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import { Sheet } from './harness.js'

const empty = new Float64Array()
const floats = (arenaFloats: number): ProgramSource => ({ arenaFloats, setup: empty, run: empty })
const MEBIBYTE = 1024 * 1024

/** A host that notes what becomes of its workers. */
function watched(sharedMemory: boolean) {
  const alive = new Set<WasmWorker>()
  const count = { started: 0 }
  const host: WasmHost = {
    ...nodeHost(),
    sharedMemory,
    spawn: () => {
      const worker = nodeHost().spawn()
      const own: WasmWorker = {
        ...worker,
        terminate: async () => {
          alive.delete(own)
          await worker.terminate()
        },
      }
      alive.add(own)
      count.started++
      return own
    },
  }
  return { host, alive, count }
}

let backend: CpuBackend
afterEach(() => backend.dispose())

describe.each([
  ['shared', true, 2],
  ["a worker's own", false, 1],
] as const)('memory is %s', (_, sharedMemory, threads) => {
  test('programs one after the other take the same workers, and find zeros', async () => {
    const { host, alive, count } = watched(sharedMemory)
    backend = await openWasm({ threads: 2, host })
    for (const length of [4096, 64, 1024]) {
      const sheet = new Sheet()
      sheet.call('fill', { y: 0, value: 7, count: 32 })
      const program = await backend.load({ arenaFloats: length, setup: empty, run: sheet.tape() })
      expect(await program.read(0, length)).toEqual(new Float32Array(length))
      await program.run('run')
      expect(await program.read(0, 64)).toEqual(Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 7 : 0)))
      program.write(0, new Float32Array(length).fill(1))
      await program.dispose()
    }
    expect(count.started).toBe(threads)
    await backend.dispose()
    expect(alive.size).toBe(0)
  })

  test('programs side by side have workers of their own; the larger memory is kept', async () => {
    const { host, alive, count } = watched(sharedMemory)
    backend = await openWasm({ threads: 2, host })
    const [small, large] = [await backend.load(floats(64)), await backend.load(floats(MEBIBYTE))]
    expect(count.started).toBe(2 * threads)
    for (const program of [small, large]) await program.dispose()
    expect(alive.size).toBe(threads)
    await backend.load(floats(MEBIBYTE))
    expect(count.started).toBe(2 * threads)
  })

  test('a memory that is too small for the next program, or too large to lie idle, is not kept', async () => {
    const { host, alive, count } = watched(sharedMemory)
    backend = await openWasm({ threads: 2, host })
    await (await backend.load(floats(64))).dispose()
    const large = await backend.load(floats(17 * MEBIBYTE))
    expect(count.started).toBe(2 * threads)
    await large.dispose()
    expect(alive.size).toBe(threads) // of the small one
  })
})

test('workers are not kept when one of them has failed', async () => {
  const { host, count } = watched(false)
  const spawn = host.spawn
  let fail = () => {}
  backend = await openWasm({
    threads: 1,
    host: {
      ...host,
      spawn: () => {
        const worker = spawn()
        return {
          ...worker,
          listen: (message, failed) => {
            fail = () => failed('it was ended')
            worker.listen(message, failed)
          },
        }
      },
    },
  })
  const program = await backend.load(floats(64))
  fail()
  await expect(program.read(0, 4)).rejects.toThrow('wasm-simd: a thread failed: it was ended')
  await program.dispose()
  await backend.load(floats(64))
  expect(count.started).toBe(2)
})
