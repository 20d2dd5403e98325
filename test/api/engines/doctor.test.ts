/** What doctor finds on this machine, on engines that are wrong, and what it says about it. */
import { describe, expect, test } from 'vitest'
import { problemsOf } from '../../../src/api/engines/doctor.node.js'
import { openReference } from '../../../src/engine/reference/engine.js'
import { type DoctorReport, doctor, EngineError, type EngineSource } from '../../../src/internal.node.js'

const working: EngineSource = { kind: 'wasm', open: async (threads) => ({ ...openReference(), threads }) }
const failing = (kind: EngineSource['kind'], message: string, code?: string): EngineSource => ({
  kind,
  open: async () => {
    throw new EngineError(message, { cause: Object.assign(new Error('no'), code && { code }) })
  },
})

/** The reference, but for one number of one output. */
const wrong = (output: string, value: number): EngineSource => ({
  kind: 'wasm',
  open: async () => {
    const engine = openReference()
    return {
      ...engine,
      compile: async (plan) => {
        const executable = await engine.compile(plan)
        const read = async (name: string) => {
          const data = await executable.read(name)
          if (name === output) data[0] = value
          return data
        }
        const { run, write, dispose } = executable
        return {
          plan,
          read,
          run: run.bind(executable),
          write: write.bind(executable),
          dispose: dispose.bind(executable),
        }
      },
    }
  },
})

describe('doctor', () => {
  test('finds nothing wrong here', async () => {
    const progress: number[] = []
    const report = await doctor({ threads: 2, onProgress: (done, total) => progress.push(done / total) })
    expect(report.problems).toEqual([])
    expect(report.ok).toBe(true)
    expect(progress.at(-1)).toBe(1)
    expect(report.engines.find(({ build }) => build === 'wasm-simd')).toMatchObject({ state: 'works', threads: 2 })
    for (const { state, checks } of report.engines)
      if (state === 'works') for (const { error, limit } of checks) expect(error).toBeLessThanOrEqual(limit)
    expect(report.memory.available).toBeGreaterThan(0)
    expect(report.memory.total).toBeGreaterThanOrEqual(report.memory.available)
    expect(report.packages).toMatchObject([{ name: 'sharp', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) }])
  })

  test.each([
    ['variance', 5, 'batch norm'],
    ['y', Number.NaN, '3x3 convolution, 3x3 convolution, stride 2, 1x1 convolution, 7x7 stem of RGB, batch norm'],
    ['velocity/stage2.block1.conv1.weight', 1, 'a step of ResNet-8'],
  ])('sees an engine whose %s is %s', async (output, value, checks) => {
    const { ok, engines, problems } = await doctor({ sources: [wrong(output, value)] })
    expect(ok).toBe(false)
    expect(engines).toMatchObject([{ build: 'wasm-simd', state: 'broken' }])
    const remedy = 'build it again, and please report it if that does not help'
    expect(problems[0]).toBe(`wasm-simd: it computes wrongly: ${checks}; ${remedy}`)
    expect(problems[1]).toBe('no fast engine works here: only "--engine reference" is left, some hundred times slower')
  })

  test('takes an addon that is not built as absent, and a damaged one as broken', async () => {
    const absent = await doctor({ sources: [failing('native', 'not built; build it', 'MODULE_NOT_FOUND'), working] })
    expect(absent.ok).toBe(true)
    expect(absent.engines).toMatchObject([
      { build: 'native', state: 'absent', reason: 'not built; build it' },
      { build: 'wasm-simd', state: 'works' },
    ])
    const damaged = await doctor({ sources: [failing('native', 'cannot be loaded', 'ERR_DLOPEN_FAILED'), working] })
    expect(damaged.problems).toEqual(['native: cannot be loaded'])
  })

  test('takes variants that this processor lacks as absent', async () => {
    const some: EngineSource = {
      kind: 'native',
      open: async (threads, build) => {
        if (build === 'native-avx512') throw new EngineError('native-avx512: this processor cannot run it')
        return working.open(threads, build)
      },
    }
    const { ok, engines } = await doctor({ sources: [some] })
    expect(ok).toBe(true)
    expect(engines.map(({ build, state }) => `${build} ${state}`)).toEqual([
      'native-avx512 absent',
      'native-avx2 works',
      'native-baseline works',
    ])
  })

  test('says when WebAssembly, which comes with the package, is missing', async () => {
    const { problems } = await doctor({ sources: [failing('wasm', 'it cannot be read; build it')] })
    expect(problems[0]).toBe('wasm: it cannot be read; build it')
  })

  test('is ended by its signal', async () => {
    await expect(doctor({ sources: [working], signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
  })
})

describe('what is wrong', () => {
  const facts: Omit<DoctorReport, 'ok' | 'problems'> = {
    version: '1.2.3',
    node: { version: '20.19.0', required: '>=20.19' },
    platform: 'linux x64',
    processor: 'a processor',
    threads: 2,
    memory: { total: 2 ** 33, available: 2 ** 32 },
    engines: [{ build: 'wasm-simd', state: 'works', threads: 2, checks: [] }],
    packages: [{ name: 'sharp', purpose: 'folders of pictures', version: '0.35.0' }],
  }

  test.each(['20.19.0', '20.20.1', '22.0.0'])('nothing, with Node %s', (version) => {
    expect(problemsOf({ ...facts, node: { ...facts.node, version } })).toEqual([])
  })

  test.each(['20.18.3', '18.20.0', '9.0.0'])('Node %s is too old', (version) => {
    expect(problemsOf({ ...facts, node: { ...facts.node, version } })).toEqual([
      `Node ${version} is too old: install 20.19 or newer`,
    ])
  })

  test('a package that cannot be loaded', () => {
    const packages = [{ name: 'sharp', purpose: 'folders of pictures', reason: 'no binary for this platform' }]
    expect(problemsOf({ ...facts, packages })).toEqual([
      'sharp cannot be loaded, so there are no folders of pictures: no binary for this platform; run "npm install"',
    ])
  })
})
