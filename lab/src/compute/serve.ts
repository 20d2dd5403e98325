/** The computing end: runs incoming calls and sends their answers. */
import type { Context } from './context.js'
import type { Answer, Question } from './protocol.js'
import type { Service } from './service.js'

type AnyCall = (argument: unknown, context: Context<unknown>) => Promise<unknown>

/** A receiver of questions that can be ended. */
export interface Serving {
  take(question: Question): void
  /** Stops active calls, waits for them, and frees everything the service holds. Later answers are dropped. */
  end(): Promise<void>
}

export function serve(service: Service, send: (answer: Answer) => void): Serving {
  const running = new Map<number, { readonly controller: AbortController; readonly done: Promise<void> }>()
  let ended = false
  const say = (answer: Answer) => ended || send(answer)

  async function run({ id, name, argument }: Question & { kind: 'call' }, { signal }: AbortController): Promise<void> {
    try {
      const call = Object.hasOwn(service, name) ? (service[name] as AnyCall) : undefined
      if (!call) throw new TypeError(`the service has no call ${name}`)
      const context = { signal, emit: (event: unknown) => say({ kind: 'event', id, event }) }
      say({ kind: 'result', id, result: await call(argument, context) })
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      say({ kind: 'error', id, name, message })
    } finally {
      running.delete(id)
    }
  }

  return {
    take: (question) => {
      const { id } = question
      if (question.kind === 'cancel') running.get(id)?.controller.abort(stopped())
      else if (!ended && !running.has(id)) {
        const controller = new AbortController()
        // Starts in a later turn, so that the call is in the table before it can end.
        running.set(id, { controller, done: Promise.resolve().then(() => run(question, controller)) })
      }
    },
    end: async () => {
      ended = true
      const calls = [...running.values()]
      for (const { controller } of calls) controller.abort(stopped())
      await Promise.all(calls.map(({ done }) => done))
      await service['race.close']({})
      await service.end({})
    },
  }
}

const stopped = () => new DOMException('The page asked for something else.', 'AbortError')
