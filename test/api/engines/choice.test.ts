/** Which engine is opened, and what is said about it. */
import { describe, expect, test } from 'vitest'
import { chooseEngine, type EngineKind, type EngineName, type EngineSource } from '../../../src/api/engines/choice.js'
import { openReference } from '../../../src/engine/reference/engine.js'
import { forwardGraph } from '../../../src/model/forward.js'
import { planGraph } from '../../../src/plan/planner.js'
import { EngineError } from '../../../src/util/errors.js'
import { tinySpec } from '../../train/tiny.js'

const opened: string[] = []

/** An engine that works, under another name. */
function working(kind: EngineKind): EngineSource {
  return {
    kind,
    open: async (threads, build) => {
      opened.push(`${kind} ${threads} ${build ?? 'any'}`)
      return { ...openReference(), build: build ?? `${kind}-x`, threads }
    },
  }
}

const broken = (kind: EngineKind): EngineSource => ({
  kind,
  open: async () => {
    throw new EngineError(`the ${kind} engine is not built; build it`)
  },
})

const choose = (sources: EngineSource[], engine?: EngineName, threads?: number) =>
  chooseEngine({ sources, threads: 4 }, { engine, threads })

describe('auto', () => {
  test('takes the first that works', async () => {
    const engine = await choose([working('native'), working('wasm'), working('reference')])
    expect([engine.build, engine.threads, engine.reason]).toEqual(['native-x', 4, 'the fastest that works here'])
  })

  test('asks an engine for its precisions only when somebody wants to know', async () => {
    let asked = 0
    const curious: EngineSource = {
      kind: 'native',
      open: async () =>
        Object.defineProperty(openReference(), 'precisions', {
          get: () => {
            asked++
            return ['float32'] as const
          },
        }),
    }
    const engine = await choose([curious])
    expect(asked).toBe(0)
    expect(engine.precisions).toEqual(['float32'])
    expect(asked).toBe(1)
  })

  test('says why a faster one was left out', async () => {
    const engine = await choose([broken('native'), working('wasm')], 'auto', 2)
    expect([engine.build, engine.threads, engine.reason]).toEqual([
      'wasm-x',
      2,
      'the native engine is not built; build it',
    ])
  })

  test('says what its source has to say of it', async () => {
    const alone = { ...working('wasm'), note: 'on one thread, as this page is not isolated' }
    const reason = 'the fastest that works here, on one thread, as this page is not isolated'
    expect((await choose([alone])).reason).toBe(reason)
    expect((await choose([alone], 'wasm')).reason).toBe('asked for, on one thread, as this page is not isolated')
  })

  test('never takes the reference, and says all that failed', async () => {
    await expect(choose([broken('native'), broken('wasm'), working('reference')])).rejects.toThrow(
      'no fast engine works here: the native engine is not built; build it; the wasm engine is not built; build it. ' +
        'The engine reference always works, some hundred times slower',
    )
  })

  test('does not hide mistakes of our own', async () => {
    const mistaken: EngineSource = { kind: 'native', open: async () => Promise.reject(new TypeError('oh')) }
    await expect(choose([mistaken, working('wasm')])).rejects.toThrow(TypeError)
  })
})

test('a signal stops the opening, and what was opened is closed again', async () => {
  const controller = new AbortController()
  let closed = 0
  const slow: EngineSource = {
    kind: 'wasm',
    open: async () => {
      controller.abort('enough')
      return { ...openReference(), dispose: async () => void closed++ }
    },
  }
  const { signal } = controller
  await expect(chooseEngine({ sources: [slow], threads: 1 }, { signal })).rejects.toBe('enough')
  expect(closed).toBe(1)
  await expect(chooseEngine({ sources: [slow], threads: 1 }, { signal })).rejects.toBe('enough')
  expect(closed).toBe(1)
})

test('an engine is disposed of at the end of its block', async () => {
  let closed = 0
  const source = { ...working('wasm'), open: async () => ({ ...openReference(), dispose: async () => void closed++ }) }
  {
    await using engine = await choose([source])
    expect(engine.threads).toBe(1)
  }
  expect(closed).toBe(1)
})

describe('threads', () => {
  const on = (processors: number, threads: number, source = working('wasm')) =>
    chooseEngine({ sources: [source], threads: processors }, { threads })

  test('are at most four a processor, and it is said', async () => {
    const engine = await on(4, 9999)
    expect(engine.threads).toBe(16)
    expect(engine.reason).toBe(
      'the fastest that works here; 16 threads in place of 9999, as many as 4 processors can use',
    )
    expect((await on(4, 16)).reason).toBe('the fastest that works here')
  })

  test('are eight on the smallest machine', async () => {
    const engine = await on(1, Number.MAX_SAFE_INTEGER)
    expect(engine.threads).toBe(8)
    expect(engine.reason).toContain('; 8 threads in place of 9007199254740991, as many as one processor can use')
    expect((await on(1, 8)).threads).toBe(8)
  })

  test('of an engine that has one anyway are not spoken of', async () => {
    const single: EngineSource = { kind: 'wasm', open: async () => openReference() }
    expect((await on(4, 9999, single)).reason).toBe('the fastest that works here')
  })
})

test('plans have the room that the environment has, and say what they take', async () => {
  const told: number[] = []
  const source: EngineSource = { kind: 'reference', open: async (_, __, room) => openReference(room) }
  let bytes = 2 ** 30
  const engine = await chooseEngine(
    { sources: [source], threads: 1, memory: () => [{ bytes, by: 'are free on this machine', onceAsked: false }] },
    { engine: 'reference', onMemory: (taken) => told.push(taken) },
  )
  const plan = planGraph(forwardGraph(tinySpec, { batch: 1, mode: 'inference' }), engine.target)
  await (await engine.compile(plan)).dispose()
  expect(told).toHaveLength(1)
  bytes = 10
  await expect(engine.compile(plan)).rejects.toThrow(
    /^reference: the plan needs .* are free on this machine; use a smaller/,
  )
})

describe('a name', () => {
  test('of a kind opens that kind, of a build that build', async () => {
    opened.length = 0
    const sources = [working('native'), working('wasm'), working('reference')]
    expect((await choose(sources, 'wasm')).reason).toBe('asked for')
    await choose(sources, 'native-avx2', 1)
    await choose(sources, 'wasm-simd')
    await choose(sources, 'reference')
    expect(opened).toEqual(['wasm 4 any', 'native 1 native-avx2', 'wasm 4 wasm-simd', 'reference 4 reference'])
  })

  test('that cannot be opened fails with its own reason', async () => {
    await expect(choose([broken('native'), working('wasm')], 'native')).rejects.toThrow(
      'the native engine is not built',
    )
  })

  test('that is not offered here is refused', async () => {
    await expect(choose([working('wasm')], 'native-avx2')).rejects.toThrow(
      'engine native-avx2: not offered in this environment; there are wasm',
    )
  })

  test.each([
    [
      'cuda',
      undefined,
      'engine: expected one of auto, native, wasm, reference, native-avx512, native-avx2, native-baseline, wasm-simd; got "cuda"',
    ],
    ['wasm', 0, 'threads: expected a whole number of at least 1, got 0'],
    ['wasm', 1.5, 'threads: expected a whole number of at least 1, got 1.5'],
  ])('%s with %s threads is refused', async (name, threads, message) => {
    await expect(choose([working('wasm')], name as EngineName, threads)).rejects.toThrow(message)
  })
})
