/** Threads that cannot be started, and what all threads of a pool share: numbers too small for a normal float are zero. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { addonVariants, openAddon } from '../../src/engine/cpu/addon.node.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import type { WasmHost } from '../../src/engine/cpu/wasm-host.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import { EngineError } from '../../src/util/errors.js'
import { builds, outcome, Sheet } from './harness.js'

const onLinux = process.platform === 'linux'
const run = promisify(execFile)
const hasPrlimit = await run('prlimit', ['--version']).then(
  () => true,
  () => false,
)

/** Opens pools in a process that may map only so many MiB more than it has by then. */
const script = (mebibytes: number, body: string) => `
  import { execFileSync } from 'node:child_process'
  import { readdirSync, readFileSync } from 'node:fs'
  import { openAddon } from './dist/engine/cpu/addon.node.js'
  const threadsNow = () => readdirSync('/proc/self/task').length
  const source = { arenaFloats: 64, setup: new Float64Array(), run: new Float64Array() }
  const first = await openAddon({ threads: 1 }) // what it loads is there by then
  await first.dispose()
  const size = 1024 * Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
  execFileSync('prlimit', ['--pid', String(process.pid), '--as=' + (size + ${mebibytes} * 2 ** 20)])
  const before = threadsNow()
  ${body}`

const inChild = async (mebibytes: number, body: string) =>
  (
    await run(process.execPath, ['--input-type=module', '-e', script(mebibytes, body)], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      timeout: 60_000,
    })
  ).stdout

describe.runIf(onLinux && hasPrlimit && addonVariants().length > 0)('a system that starts no more threads', () => {
  test('is an error that says how many there were, and all of them end', { timeout: 90_000 }, async () => {
    const out = await inChild(
      40,
      `const error = await openAddon({ threads: 64 }).catch((error) => error)
       console.log(JSON.stringify([error.name, error.message, threadsNow() - before]))`,
    )
    const [name, message, left] = JSON.parse(out) as [string, string, number]
    expect(name).toBe('EngineError')
    expect(message).toMatch(
      /^native-\w+: 64 threads were asked for, and the system started only \d+ of them; use fewer with --threads \(in code the option threads\), or raise its limit \(ulimit -u and -v, pids of a container\)$/,
    )
    expect(left).toBe(0)
  })

  test('leaves one that needs fewer alone', { timeout: 90_000 }, async () => {
    const out = await inChild(
      60,
      `await openAddon({ threads: 64 }).catch(() => {})
       const backend = await openAddon({ threads: 2 })
       const program = await backend.load(source)
       await program.run('run')
       console.log(threadsNow() - before)`,
    )
    expect(out).toBe('2\n')
  })
})

describe('workers that cannot be started', () => {
  const startsOnly = (count: number): WasmHost => {
    const host = nodeHost()
    let spawned = 0
    return {
      ...host,
      spawn: () => {
        if (spawned === count) throw new Error('Worker initialization failure: EAGAIN')
        spawned++
        return host.spawn()
      },
    }
  }
  const source = { arenaFloats: 64, setup: new Float64Array(), run: new Float64Array() }

  test('are an error that says how many there were', async () => {
    const backend = await openWasm({ threads: 4, host: startsOnly(2) })
    await expect(backend.load(source)).rejects.toThrow(
      new EngineError(
        'wasm-simd: 4 threads were asked for, and the system started only 2 of them; use fewer with --threads ' +
          '(in code the option threads), or raise its limit (ulimit -u and -v, pids of a container)',
      ),
    )
    await backend.dispose()
  })

  test('are an error where there is not one', async () => {
    const backend = await openWasm({ threads: 1, host: startsOnly(0) })
    await expect(backend.load(source)).rejects.toThrow(
      'wasm-simd: 1 thread was asked for, and the system started not one of them; use fewer with --threads',
    )
    await backend.dispose()
  })

  test.runIf(onLinux)('leave none of the others behind', async () => {
    const before = readdirSync('/proc/self/task').length
    const backend = await openWasm({ threads: 4, host: startsOnly(3) })
    await backend.load(source).catch(() => {})
    expect(readdirSync('/proc/self/task').length).toBeLessThan(before + 3)
    await backend.dispose()
  })
})

/** The smallest normal float is 2^-126. */
const TINY = 2 ** -130

/** Many pieces, so that every thread of a pool has some: a tiny operand each, and a product that is tiny. */
async function tinySums(open: (threads: number) => ReturnType<typeof openAddon>, threads: number) {
  const count = 300_000
  const sheet = new Sheet()
  const x = sheet.put(new Float32Array(count).fill(TINY))
  const zero = sheet.put(new Float32Array(count))
  const sum = sheet.put(count)
  const root = sheet.put(new Float32Array(count).fill(2 ** -65))
  const product = sheet.put(count)
  sheet.call('add', { a: x, b: zero, y: sum, count })
  sheet.call('multiply', { a: root, b: root, y: product, count })
  const backend = await open(threads)
  const program = await sheet.load(backend)
  await program.run('run')
  const found = [await program.read(sum, count), await program.read(product, count)]
  await program.dispose()
  await backend.dispose()
  return found.map((values) => [...new Set(values)])
}

describe.each(builds)('numbers too small for a normal float: %s', (name, open) => {
  const flushed = !name.startsWith('wasm')
  test.each([1, 2, 5])(`are ${flushed ? 'zero' : 'kept, as WebAssembly asks'} with %i threads`, async (threads) => {
    expect(await tinySums(open, threads)).toEqual(flushed ? [[0], [0]] : [[TINY], [TINY]])
  })
})

test.runIf(addonVariants().length > 0)('the thread of JavaScript keeps them', async () => {
  const backend = await openAddon({ threads: 1 })
  expect(Math.fround(TINY * 1)).toBe(TINY)
  expect(Number.MIN_VALUE / 1).toBe(5e-324)
  await backend.dispose()
})

describe.each(builds)('what lasts from step to step is normal or zero: %s', (_, open) => {
  const count = 1000
  const put = (sheet: Sheet, value: number) => sheet.put(new Float32Array(count).fill(value))
  const one = (sheet: Sheet, value: number) => sheet.put(Float32Array.of(value))

  test('sgd', async () => {
    const sheet = new Sheet()
    const [parameter, gradient, velocity] = [put(sheet, 1.5 * 2 ** -126), put(sheet, 2 ** -125), put(sheet, 0)]
    const [lr, guard] = [one(sheet, 0.5), one(sheet, 1)]
    const [next_parameter, next_velocity] = [sheet.put(count), sheet.put(count)]
    const settings = { momentum: 0.5, weight_decay: 0, nesterov: 0, count }
    sheet.call('sgd', { parameter, gradient, velocity, lr, guard, next_parameter, next_velocity, ...settings })
    const found = await outcome(open, sheet, { p: [next_parameter, count], v: [next_velocity, count] })
    // v stays; p = 1.5 * 2^-126 - v / 2 = 2^-127 would be too small.
    expect([...new Set(found.v)]).toEqual([2 ** -125])
    expect([...new Set(found.p)]).toEqual([0])
  })

  test('adam', async () => {
    const sheet = new Sheet()
    const [parameter, gradient, mean, square] = [put(sheet, 1), put(sheet, 2 ** -70), put(sheet, 0), put(sheet, 0)]
    const [lr, guard, step] = [one(sheet, 0), one(sheet, 1), sheet.put(Int32Array.of(0))]
    const [next_parameter, next_mean, next_square] = [sheet.put(count), sheet.put(count), sheet.put(count)]
    const settings = { beta1: 0.5, beta2: 0.5, epsilon: 1e-8, weight_decay: 0, decoupled: 0, count }
    const values = { parameter, gradient, mean, square, lr, guard, step, next_parameter, next_mean, next_square }
    sheet.call('adam', { ...values, ...settings })
    const found = await outcome(open, sheet, {
      p: [next_parameter, count],
      m: [next_mean, count],
      s: [next_square, count],
    })
    expect([found.p, found.m, found.s].map((values) => [...new Set(values)])).toEqual([[1], [2 ** -71], [0]])
  })
})
