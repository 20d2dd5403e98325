/** The computing end: runs the calls that come in, and sends back what they say. */
import type { Context } from './context.js'
import type { Answer, CallName, Question } from './protocol.js'
import type { Service } from './service.js'

type AnyCall = (argument: unknown, context: Context<unknown>) => Promise<unknown>

/** @returns what takes questions in */
export function serve(service: Service, send: (answer: Answer) => void): (question: Question) => Promise<void> {
  const running = new Map<number, AbortController>()
  return async (question) => {
    const { id } = question
    if (question.kind === 'cancel') {
      running.get(id)?.abort(new DOMException('The page asked for something else.', 'AbortError'))
      return
    }
    const controller = new AbortController()
    running.set(id, controller)
    try {
      const call = Object.hasOwn(service, question.name) ? (service[question.name as CallName] as AnyCall) : undefined
      if (!call) throw new TypeError(`the service has no call ${String(question.name)}`)
      const context = { signal: controller.signal, emit: (event: unknown) => send({ kind: 'event', id, event }) }
      send({ kind: 'result', id, result: await call(question.argument, context) })
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      send({ kind: 'error', id, name, message })
    } finally {
      running.delete(id)
    }
  }
}
