/**
 * Whatever a public function is given, it answers or it throws an error of this package, of one line: never a raw error
 * of the language. Every exported function is tried, and every method of what they give, so that a new one is too.
 */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import * as graphTier from '../../src/graph.js'
import * as browser from '../../src/internal.js'
import * as node from '../../src/internal.node.js'
import * as graphs from './graph-arguments.js'
import { methods, net, place, type Row, rows, trainer, wrong } from './wrong-arguments.js'

afterAll(async () => {
  await net.dispose()
  await graphs.session.dispose()
  await trainer.dispose()
  process.chdir(tmpdir())
  rmSync(place('.'), { recursive: true, force: true })
})

/** Made to be thrown, not to be given anything. */
const errors = new Set(Object.keys(node).filter((name) => name.endsWith('Error')))
const functionsOf = (exported: object) =>
  Object.entries(exported).filter(([name, value]) => typeof value === 'function' && !errors.has(name)) as [
    string,
    (...args: unknown[]) => unknown,
  ][]

interface Call {
  readonly args: readonly unknown[]
  /** What is wrong with it. */
  readonly text: string
}

function* callsOf({ args, right = [], deep = [] }: Row): Generator<Call> {
  const given = args()
  for (const [name, make] of Object.entries(wrong)) {
    if (right.includes(name)) continue
    for (let at = 0; at < given.length; at++) {
      const own = [...args()]
      own[at] = make()
      yield { args: own, text: `argument ${at + 1} is ${name}` }
    }
    yield { args: given.map(make), text: `all arguments are ${name}` }
  }
  for (const at of deep)
    for (const field of Object.keys(given[at] as object))
      for (const [name, make] of Object.entries(wrong)) {
        const own = [...args()]
        own[at] = { ...(own[at] as object), [field]: make() }
        yield { args: own, text: `${field} of argument ${at + 1} is ${name}` }
      }
}

/** What came of a call that is no answer and no error of ours. */
async function complaint(call: () => unknown): Promise<string | undefined> {
  try {
    const result = await call()
    const { dispose, next } = (result ?? {}) as { dispose?: () => unknown; next?: () => unknown }
    if (typeof next === 'function') await next.call(result)
    if (typeof dispose === 'function') await dispose.call(result)
    return undefined
  } catch (error) {
    if (!(error instanceof node.ResnetError)) return String(error).split('\n')[0]
    return error.message.includes('\n') ? `several lines: ${error.message}` : undefined
  }
}

async function complaintsOf(row: Row, call: (args: readonly unknown[]) => unknown): Promise<string[]> {
  const found: string[] = []
  for (const { args, text } of callsOf(row)) {
    const what = await complaint(() => call(args))
    if (what !== undefined) found.push(`${text}: ${what}`)
  }
  return found
}

const isClass = (value: unknown) => /^class\b/.test(String(value))

describe('wrong arguments of exports', () => {
  test('a row for each', () => {
    const names = [...new Set([...functionsOf(browser), ...functionsOf(node)].map(([name]) => name))]
    expect(names.filter((name) => !Object.hasOwn(rows, name))).toEqual([])
  })

  test.each(functionsOf(node))('%s', async (name, exported) => {
    const row = rows[name]!
    expect(await complaint(() => call(row.args()))).toBeUndefined() // the row itself
    function call(args: readonly unknown[]): unknown {
      return isClass(exported) ? Reflect.construct(exported, args) : exported(...args)
    }
    expect(await complaintsOf(row, call)).toEqual([])
  })

  test.each(functionsOf(browser).filter(([name, value]) => (node as Record<string, unknown>)[name] !== value))(
    '%s in browsers',
    async (name, exported) => {
      expect(await complaintsOf({ ...rows[name]!, deep: [] }, (args) => exported(...args))).toEqual([])
    },
  )
})

describe('wrong arguments of the graph tier', () => {
  test('a row for each', () => {
    expect(functionsOf(graphTier).filter(([name]) => !Object.hasOwn(graphs.rows, name))).toEqual([])
  })

  test.each(functionsOf(graphTier).filter(([name]) => name !== 'Session'))('%s', async (name, exported) => {
    const row = graphs.rows[name]!
    const call = (args: readonly unknown[]) =>
      isClass(exported) ? Reflect.construct(exported, args) : exported(...args)
    expect(await complaint(() => call(row.args()))).toBeUndefined() // the row itself
    expect(await complaintsOf(row, call)).toEqual([])
  })

  test.each(Object.entries(graphs.methods))('a row for each method of %s', (name, rows) => {
    const { prototype } = graphs.classes[name]!
    const own = Object.getOwnPropertyNames(prototype).filter((method) => method !== 'constructor')
    expect(own.filter((method) => !rows.some(([row]) => row === method))).toEqual([])
  })

  const methodsOfGraphs = Object.entries(graphs.methods).flatMap(([of, rows]) =>
    rows.map(([name, row, on]) => [`${of}.${name}`, row, on] as const),
  )
  test.each(methodsOfGraphs)('%s', async (_, row, { make, call }) => {
    expect(await complaint(() => call(make(), row.args()))).toBeUndefined()
    expect(await complaintsOf(row, (args) => call(make(), args))).toEqual([])
  })

  test.each(Object.entries(graphs.sessionRows))('Session.%s', async (name, row) => {
    const of = name === 'open' ? graphTier.Session : graphs.session
    const call = (args: readonly unknown[]) =>
      (of as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[name]!(...args)
    expect(await complaint(() => call(row.args()))).toBeUndefined()
    expect(await complaintsOf(row, call)).toEqual([])
  })
})

describe.each(Object.entries(methods))('wrong arguments of methods of %s', (_, { of, rows }) => {
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(of))
    .filter((name) => name !== 'constructor' && name !== 'dispose')
    .filter((name) => typeof Object.getOwnPropertyDescriptor(Object.getPrototypeOf(of), name)?.value === 'function')

  test('a row for each', () => {
    expect(own.filter((name) => !Object.hasOwn(rows, name))).toEqual([])
  })

  test.each(own)('%s', async (name) => {
    const method = (of as Record<string, (...args: unknown[]) => unknown>)[name]!
    expect(await complaintsOf(rows[name]!, (args) => method.apply(of, [...args]))).toEqual([])
  })
})
