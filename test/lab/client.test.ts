/** The page's end of a wire: what becomes of calls when the wire breaks, or the page goes on by another one. */
import { describe, expect, test } from 'vitest'
import { Client, MOVED, type Wire } from '../../lab/src/compute/client.js'
import type { Answer, Question } from '../../lab/src/compute/protocol.js'

/** A wire of which both ends are here. */
function wire() {
  const sent: Question[] = []
  let [answer, lost] = [(_: Answer) => {}, (_: string) => {}]
  let open = true
  const end: Wire = {
    send: (question) => sent.push(question),
    listen: (...listeners) => {
      ;[answer, lost] = listeners
    },
    close: () => {
      open = false
    },
  }
  return {
    end,
    sent,
    calls: () => sent.map((question) => (question.kind === 'call' ? question.name : 'cancel')),
    answer: (result: unknown, id = sent.at(-1)!.id) => answer({ kind: 'result', id, result }),
    break: (reason: string) => lost(reason),
    isOpen: () => open,
  }
}

const file = new Uint8Array(1)
const kept = (promise: Promise<unknown>) => promise.catch((error: Error) => `${error.name}: ${error.message}`)

describe('a wire that breaks', () => {
  test('ends the calls under way and all later ones with the reason', async () => {
    const { end, break: breakIt } = wire()
    const told: string[] = []
    const client = new Client(end, (reason) => told.push(reason))
    const call = kept(client.call('engine', {}))
    breakIt('on purpose')
    expect(await call).toBe('EngineError: on purpose')
    expect(await kept(client.call('engine', {}))).toBe('EngineError: on purpose')
    expect(told).toEqual(['on purpose'])
  })

  test('costs nothing that can be asked elsewhere, where its listener moves on', async () => {
    const [first, second] = [wire(), wire()]
    const client = new Client(first.end, () => client.move(second.end))
    const call = kept(client.call('engine', {}))
    const race = kept(client.call('race.run', {}))
    first.break('on purpose')
    expect(await race).toBe(`${MOVED}: the page computes by another engine now`)
    second.answer('another')
    expect(await call).toBe('another')
  })
})

describe('a move', () => {
  test('closes the old wire, and what still comes by it is dropped', async () => {
    const [first, second] = [wire(), wire()]
    const client = new Client(first.end)
    const call = client.call('engine', {})
    client.move(second.end)
    expect(first.isOpen()).toBe(false)
    first.answer('old')
    first.break('late')
    second.answer('new')
    expect(await call).toBe('new')
  })

  test('sets up first what later calls build upon: the newest of its kind', async () => {
    const [first, second] = [wire(), wire()]
    const client = new Client(first.end)
    const open = (name: string) => kept(client.call('lesions.open', { files: [{ name, bytes: file }] }))
    const opened = ['first', 'second', 'third'].map((name) => {
      const call = open(name)
      first.answer({})
      return call
    })
    await Promise.all(opened)
    const newest = first.sent.at(-1)!.id
    void kept(client.call('lesions.test', { kind: 'residual', order: [] }))
    client.move(second.end)
    expect(second.calls()).toEqual(['lesions.open', 'lesions.test'])
    expect(second.sent[0]!.id).toBe(newest)
  })

  test('carries on what a page no longer wants to the wire that has it', async () => {
    const [first, second] = [wire(), wire()]
    const client = new Client(first.end)
    const unwanted = new AbortController()
    void kept(client.call('paths.measure', { file }, { signal: unwanted.signal }))
    client.move(second.end)
    unwanted.abort()
    expect(first.calls()).toEqual(['paths.measure'])
    expect(second.calls()).toEqual(['paths.measure', 'cancel'])
  })
})
