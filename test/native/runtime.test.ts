/** What backends promise beside the numbers: one run at a time, clear refusals, threads that end. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { addonVariants, openAddon } from '../../src/engine/cpu/addon.node.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import { EngineError } from '../../src/util/errors.js'
import { builds, noise, Sheet } from './harness.js'

type Native = {
  readonly Pool: new (threads: unknown, variant: unknown) => { load(...args: unknown[]): Program; dispose(): void }
}
type Program = { write(...args: unknown[]): void; read(...args: unknown[]): Float32Array; dispose(): void }

test.runIf(addonVariants().length > 0)('the addon takes no number for another, nor other arrays', () => {
  const path = process.env.RESNET_ADDON || '../../native/build/resnet.node'
  const { Pool } = createRequire(import.meta.url)(path) as Native
  for (const threads of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1, '2'])
    expect(() => new Pool(threads, 'baseline')).toThrow(`a pool has from 1 to 65536 threads, got ${threads}`)
  const pool = new Pool(1, addonVariants().at(-1))
  const none = new Float64Array()
  for (const floats of [-1, 0.5, Number.NaN, 2 ** 53, '64', undefined])
    expect(() => pool.load(floats, none, none)).toThrow(`load: an arena cannot have so many floats: ${floats}`)
  for (const tape of [new Float32Array(), [], undefined])
    expect(() => pool.load(64, none, tape)).toThrow('load: a tape must be a Float64Array')

  const program = pool.load(64, none, none)
  for (const data of [new Float64Array(64), new Uint8Array(8), [1, 2], new ArrayBuffer(16), undefined])
    expect(() => program.write(0, data)).toThrow('write: expected a Float32Array or an Int32Array')
  const two = new Float32Array(2)
  for (const offset of [63, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 62, '0'])
    expect(() => program.write(offset, two)).toThrow(`write: outside of the arena, or no whole number: ${offset}`)
  for (const length of [65, -1, 1.5, Number.NaN, 2 ** 53, -(2 ** 63)])
    expect(() => program.read(0, length)).toThrow(`read: the arena has no such number of floats: ${length}`)
  program.write(62, Int32Array.of(1, 2))
  expect(new Int32Array(program.read(62, 2).buffer)).toEqual(Int32Array.of(1, 2))
  program.dispose()
  pool.dispose()
})

test('WASM takes whole places and arrays of floats only', async () => {
  const backend = await openWasm({ threads: 1, host: nodeHost() })
  const empty = new Float64Array()
  for (const arenaFloats of [-16, 0.5, Number.NaN, 2 ** 40])
    await expect(backend.load({ arenaFloats, setup: empty, run: empty })).rejects.toThrow(
      `wasm-simd: the plan needs ${arenaFloats * 4} bytes, WebAssembly's memory ends at 4294967296`,
    )
  const program = await backend.load({ arenaFloats: 64, setup: empty, run: empty })
  for (const offset of [0.5, Number.NaN, 63])
    expect(() => program.write(offset, new Float32Array(2))).toThrow(
      `write: outside of the arena, or no whole number: ${offset}`,
    )
  expect(() => program.write(0, new Float64Array(64) as unknown as Float32Array)).toThrow(
    'write: expected a Float32Array or an Int32Array',
  )
  await backend.dispose()
})

test('WASM sums up as many numbers as 32 bits count when they are multiplied by parts', async () => {
  const backend = await openWasm({ threads: 1, host: nodeHost() })
  const count = 2 ** 23
  const sheet = new Sheet()
  sheet.call('fill', { y: 64, value: 1, count })
  sheet.call('sum_of_squares', { x: 64, partials: 64 + count, count, parts: 512 })
  sheet.call('add_parts', { partials: 64 + count, y: 0, parts: 512, factor: 1, root: 0 })
  const setup = new Float64Array()
  const program = await backend.load({ arenaFloats: 64 + count + 1024, setup, run: sheet.tape() })
  await program.run('run')
  expect((await program.read(0, 1))[0]).toBe(count)
  await program.dispose()
})

/** Many instructions with many small pieces: a run that takes a while and claims much. */
function busySheet() {
  const sheet = new Sheet()
  const count = 100_000
  const a = sheet.put(noise(count))
  const y = sheet.put(new Float32Array(count))
  for (let k = 0; k < 300; k++) sheet.call('add', { a, b: y, y, count })
  return { sheet, a, y, count }
}

describe.each(builds)('%s', (_, open) => {
  test('runs again and again give the same as one after the other', async () => {
    const { sheet, a, y, count } = busySheet()
    const backend = await open(3)
    const program = await sheet.load(backend)
    for (let k = 0; k < 20; k++) await program.run('run')
    let sum = 0
    const value = (await program.read(a, 1))[0]!
    for (let k = 0; k < 6000; k++) sum = Math.fround(sum + value)
    expect((await program.read(y, count))[0]).toBe(sum)
    await program.dispose()
    await backend.dispose()
  })

  test('refuses what would disturb a run', async () => {
    const { sheet, y } = busySheet()
    const backend = await open(2)
    const program = await sheet.load(backend)
    const first = program.run('run')
    const second = program.run('run')
    const refusal = (action: string) =>
      new EngineError(`${action}: a run of this program is in progress; await it first`)
    await expect(program.read(y, 1)).rejects.toThrow(refusal('read'))
    expect(() => program.write(y, new Float32Array(1))).toThrow(refusal('write'))
    await expect(second).rejects.toThrow(refusal('run'))
    await first
    await program.run('run')
    expect(await program.read(y, 1)).toHaveLength(1)
    await program.dispose()
    await backend.dispose()
  })

  test('refuses places outside of the arena', async () => {
    const backend = await open(1)
    const program = await backend.load({ arenaFloats: 64, setup: new Float64Array(), run: new Float64Array() })
    program.write(60, new Float32Array(4))
    expect(() => program.write(61, new Float32Array(4))).toThrow('write: outside of the arena')
    await expect(program.read(-1, 1)).rejects.toThrow('read: outside of the arena')
    await program.dispose()
    await expect(program.read(0, 1)).rejects.toThrow('read: the program was disposed of')
    await backend.dispose()
  })

  test('a new arena is zero', async () => {
    const backend = await open(1)
    const program = await backend.load({ arenaFloats: 5000, setup: new Float64Array(), run: new Float64Array() })
    expect((await program.read(0, 5000)).every((value) => value === 0)).toBe(true)
    await program.dispose()
    await backend.dispose()
  })

  test('runs setup and run apart, and two programs of a backend', async () => {
    const backend = await open(2)
    const fill = (value: number) => {
      const sheet = new Sheet()
      const y = sheet.put(20)
      sheet.call('fill', { y, value, count: 20 })
      return sheet.load(backend)
    }
    const [one, two] = await Promise.all([fill(1), fill(2)])
    await one.run('setup')
    expect((await one.read(0, 1))[0]).toBe(9)
    await Promise.all([one.run('run'), two.run('run')])
    expect([(await one.read(0, 1))[0], (await two.read(0, 1))[0]]).toEqual([1, 2])
    await one.dispose()
    await two.run('run')
    await two.dispose()
    await backend.dispose()
  })

  test('refuses a tape that it does not understand', async () => {
    const backend = await open(1)
    for (const tape of [[1000], [0, 1, 2], [-1], [Number.NaN], [0.5]])
      await expect(
        backend.load({ arenaFloats: 16, setup: new Float64Array(), run: Float64Array.from(tape) }),
      ).rejects.toThrow(/the tape does not fit the kernels of this build/)
    await backend.dispose()
  })

  // A convolution of 32x32 as files may ask for it, and what C++ or WebAssembly would make of its sizes.
  const sane = { n: 1, c: 16, h: 32, w: 32, o: 16, oh: 32, ow: 32, kh: 3, kw: 3, sh: 1, sw: 1, ph: 1, pw: 1 }
  const conv = { ...sane, dh: 1, dw: 1, groups: 1, bands: 1 }
  const far = { kh: 2, kw: 2, dh: 2 ** 30 - 1, dw: 2 ** 30 - 1, ph: 2 ** 29 - 16, pw: 2 ** 29 - 16, oh: 1, ow: 1 }
  const ADDRESSED = /load: the plan asks for more memory than can be addressed|wasm-simd: the plan asks for more memory/
  const DAMAGED = /the tape does not fit the kernels of this build/
  test.each<[string, Partial<Record<string, number>>, RegExp]>([
    ['its padded copy has 2^64 floats', far, ADDRESSED],
    ['2^32 rows', { ...far, dh: 2 ** 32 - 1, dw: 2 ** 32 - 1, ph: 2 ** 31 - 16, pw: 2 ** 31 - 16 }, DAMAGED],
    ['its windows end behind the padded map', { oh: 33 }, ADDRESSED],
    ['its stride leads out of the map', { sh: 2 ** 20 }, ADDRESSED],
    ['its map is larger than the arena', { h: 2 ** 20, ph: 0, oh: 2 }, ADDRESSED],
    ['its groups divide nothing', { groups: 3 }, ADDRESSED],
    ['a size is no whole number', { dh: 1.5 }, DAMAGED],
    ['a size is none at all', { kh: Number.POSITIVE_INFINITY }, DAMAGED],
    ['a size is negative', { sw: -1 }, DAMAGED],
    ['a tensor lies outside of the arena', { x: 2 ** 40 }, DAMAGED],
  ])('refuses a convolution where %s', async (_, change, message) => {
    const backend = await open(1)
    const sheet = new Sheet()
    const [x, y, weight] = [sheet.put(32 * 32 * 16), sheet.put(32 * 32 * 16), sheet.put(9 * 256)]
    for (const args of [conv, { ...conv, ...change }]) sheet.call('conv2d', { x, y, weight, relu: 0, ...args })
    await expect(sheet.load(backend)).rejects.toThrow(message)
    await backend.dispose()
  })

  test('disposing ends a run in progress first', async () => {
    const { sheet } = busySheet()
    const backend = await open(2)
    const program = await sheet.load(backend)
    const run = program.run('run')
    await backend.dispose()
    await run
    await program.dispose()
  })
})

const onLinux = process.platform === 'linux'
const threadsNow = () => readdirSync('/proc/self/task').length

test.runIf(onLinux && addonVariants().length > 0)('the addon gives its threads back', async () => {
  const before = threadsNow()
  const backend = await openAddon({ threads: 5 })
  expect(threadsNow()).toBe(before + 5)
  await backend.dispose()
  expect(threadsNow()).toBe(before)
})

test.runIf(onLinux)('WASM gives its workers back', async () => {
  const before = threadsNow()
  const { sheet } = busySheet()
  const backend = await openWasm({ threads: 4, host: nodeHost() })
  const program = await sheet.load(backend)
  await program.run('run')
  expect(threadsNow()).toBeGreaterThanOrEqual(before + 4)
  await backend.dispose()
  expect(threadsNow()).toBeLessThan(before + 4)
})

test('WASM refuses what does not fit, and says what helps', async () => {
  const backend = await openWasm({ threads: 1, host: nodeHost() })
  await expect(
    backend.load({ arenaFloats: 2 ** 30, setup: new Float64Array(), run: new Float64Array() }),
  ).rejects.toThrow(/the plan needs \d+ bytes, WebAssembly's memory ends at 4294967296; use a smaller batch/)
  await backend.dispose()
})

test('WASM reaches beyond 2 GiB', { timeout: 60_000 }, async () => {
  const backend = await openWasm({ threads: 2, host: nodeHost() })
  const far = 800_000_000
  const tape = new Sheet()
  tape.call('fill', { y: far, value: 3, count: 100 })
  tape.call('relu', { x: far, y: far + 112, count: 100 })
  const program = await backend.load({ arenaFloats: far + 256, setup: new Float64Array(), run: tape.tape() })
  await program.run('run')
  expect([...(await program.read(far + 112, 2))]).toEqual([3, 3])
  await program.dispose()
})

test.runIf(addonVariants().length > 0)('the addon says how much memory it could not get', async () => {
  const backend = await openAddon({ threads: 1 })
  await expect(
    backend.load({ arenaFloats: 2 ** 50, setup: new Float64Array(), run: new Float64Array() }),
  ).rejects.toThrow(/this computer cannot give \d+ bytes of memory/)
  await backend.dispose()
})

/** Scripts that do not dispose of anything must end all the same, even in the middle of a run. */
const script = (body: string) => `
  import { openAddon } from './dist/engine/cpu/addon.node.js'
  import { openWasm } from './dist/engine/cpu/wasm.js'
  import { nodeHost } from './dist/engine/cpu/wasm-host.node.js'
  import { kernelNames } from './dist/engine/cpu/kernel-table.js'
  const add = [kernelNames.indexOf('add'), 0, 1e6, 1e6, 1e6]
  const run = Float64Array.from(Array(300).fill(add).flat())
  const source = { arenaFloats: 2e6, setup: new Float64Array(), run }
  ${body}`

test.each([
  ...(addonVariants().length > 0
    ? [
        ['the addon, idle', "const p = await (await openAddon({ threads: 2 })).load(source); await p.run('setup')"],
        [
          'the addon, left while it runs',
          "const p = await (await openAddon({ threads: 2 })).load(source); p.run('run'); setTimeout(() => process.exit(0), 50)",
        ],
        [
          'the addon, awaited',
          "const p = await (await openAddon({ threads: 2 })).load(source); await p.run('run'); console.log('done')",
        ],
      ]
    : []),
  [
    'WASM, idle',
    "const p = await (await openWasm({ threads: 2, host: nodeHost() })).load(source); await p.run('setup')",
  ],
  [
    'WASM, left while it runs',
    "const p = await (await openWasm({ threads: 2, host: nodeHost() })).load(source); p.run('run'); setTimeout(() => process.exit(0), 50)",
  ],
  [
    'WASM, awaited',
    "const p = await (await openWasm({ threads: 2, host: nodeHost() })).load(source); await p.run('run'); console.log('done')",
  ],
])('a script ends: %s', { timeout: 30_000 }, async (name, body) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script(body)], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    timeout: 20_000,
  })
  expect(stdout).toBe(name.endsWith('awaited') ? 'done\n' : '')
})
