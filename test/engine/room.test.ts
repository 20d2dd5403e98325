/** What plans take is held against what there is, before they take it. */
import { describe, expect, test } from 'vitest'
import { addonVariants, openAddon } from '../../src/engine/cpu/addon.node.js'
import { openCpuEngine } from '../../src/engine/cpu/engine.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import type { Engine } from '../../src/engine/engine.js'
import { openReference } from '../../src/engine/reference/engine.js'
import { Room } from '../../src/engine/room.js'
import { forwardGraph } from '../../src/model/forward.js'
import { planGraph } from '../../src/plan/planner.js'
import { EngineError } from '../../src/util/errors.js'
import type { FreeMemory } from '../../src/util/machine/free-memory.js'
import { tinySpec } from '../train/tiny.js'

const GIB = 2 ** 30
const machine = (bytes: number): FreeMemory => ({ bytes, by: 'are free on this machine', onceAsked: false })
const addresses = (bytes: number): FreeMemory => ({
  bytes,
  by: 'of address space are left (ulimit -v)',
  onceAsked: true,
})

describe('a room', () => {
  test('refuses what it has not, and says what there is and what helps', () => {
    const room = new Room(() => [machine(2.1 * GIB)])
    expect(() => room.take('native-avx2', 4.6 * GIB)).toThrow(
      new EngineError(
        'native-avx2: the plan needs 4.6 GiB of memory, and 2.1 GiB are free on this machine; use a smaller batch or ' +
          'smaller pictures, train with --recompute blocks (in code the option recompute), or end other programs',
      ),
    )
    room.take('native-avx2', 2 * GIB)
  })

  test('names the bound that is too tight', () => {
    const room = new Room(() => [machine(8 * GIB), addresses(GIB / 2)])
    expect(() => room.take('wasm-simd', GIB)).toThrow(
      'the plan needs 1.0 GiB of memory, and 512 MiB of address space are left (ulimit -v); use',
    )
  })

  test('counts what was promised and not yet written to', () => {
    const room = new Room(() => [machine(3 * GIB)])
    const first = room.take('x', 2 * GIB)
    expect(() => room.take('x', 2 * GIB)).toThrow('and 1.0 GiB are free on this machine')
    first.settle()
    first.settle()
    const second = room.take('x', 2 * GIB)
    expect(() => room.take('x', 2 * GIB)).toThrow('and 1.0 GiB are free on this machine')
    second.settle()
  })

  test('does not count address space twice', () => {
    const room = new Room(() => [addresses(3 * GIB)])
    room.take('x', 2 * GIB)
    room.take('x', 2 * GIB)
  })

  test('has addresses for threads or says what to do', () => {
    const room = new Room(() => [machine(GIB), addresses(GIB)])
    room.expectAddresses('wasm-simd', 1, GIB)
    expect(() => room.expectAddresses('wasm-simd', 2, 1.5 * GIB)).toThrow(
      'wasm-simd: 2 threads need 1.5 GiB of address space, and 1.0 GiB of address space are left (ulimit -v); use fewer ' +
        'with --threads (in code the option threads), or raise the limit',
    )
  })

  test('without bounds takes everything, and tells of it', () => {
    const told: number[] = []
    new Room(
      () => [],
      (bytes) => told.push(bytes),
    ).take('x', 2 ** 45)
    expect(told).toEqual([2 ** 45])
  })
})

/** Opens each engine with a room. */
const opened: readonly (readonly [string, (room: Room) => Promise<Engine>])[] = [
  ...addonVariants().map(
    (variant) =>
      [
        `native-${variant}`,
        async (room: Room) => openCpuEngine(await openAddon({ threads: 2, variant }), room),
      ] as const,
  ),
  ['reference', async (room) => openReference(room)],
  ['wasm-simd', async (room) => openCpuEngine(await openWasm({ threads: 2, host: nodeHost() }), room)],
]

describe.each(opened)('%s', (build, open) => {
  const graph = forwardGraph(tinySpec, { batch: 4, mode: 'inference' })

  test('says what a plan takes before it does, all that stands beside the arena included', async () => {
    const told: number[] = []
    const engine = await open(
      new Room(
        () => [machine(GIB)],
        (bytes) => told.push(bytes),
      ),
    )
    const plan = planGraph(graph, engine.target)
    const executable = await engine.compile(plan)
    expect(told).toHaveLength(1)
    expect(told[0]).toBeGreaterThan(build === 'reference' ? 0 : plan.bytes)
    await executable.dispose()
    await engine.dispose()
  })

  test('refuses a plan that has no room, and compiles the next that has', async () => {
    let free = 1000
    const engine = await open(new Room(() => [machine(free)]))
    const plan = planGraph(graph, engine.target)
    await expect(engine.compile(plan)).rejects.toThrow(
      new RegExp(`^${build}: the plan needs \\d+\\.\\d MiB of memory, and 0\\.0 MiB are free on this machine; use`),
    )
    free = GIB
    const executable = await engine.compile(plan)
    await executable.run()
    await executable.dispose()
    await engine.dispose()
  })
})
