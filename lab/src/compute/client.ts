/** The page's end: calls to what computes, as promises. */
import type { Answer, Argument, CallName, Event, Question, Result } from './protocol.js'

/** A way to what computes. */
export interface Wire {
  send(question: Question): void
  /** Whoever is told of all answers, and of the end of the wire. */
  listen(answer: (answer: Answer) => void, lost: (reason: string) => void): void
}

export interface CallOptions<N extends CallName> {
  readonly onEvent?: (event: Event<N>) => void
  readonly signal?: AbortSignal | undefined
}

interface Waiting {
  event(event: unknown): void
  resolve(result: unknown): void
  reject(error: Error): void
}

/** An error of the computing end; its name is that of the class there. */
export class ComputeError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

export class Client {
  readonly #wire: Wire
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #lost: string | undefined

  constructor(wire: Wire) {
    this.#wire = wire
    wire.listen(
      (answer) => this.#take(answer),
      (reason) => {
        this.#lost = reason
        for (const { reject } of this.#waiting.values()) reject(new ComputeError('EngineError', reason))
        this.#waiting.clear()
      },
    )
  }

  /** @throws ComputeError with the message of the other end; the signal's reason when aborted. */
  async call<N extends CallName>(name: N, argument: Argument<N>, options: CallOptions<N> = {}): Promise<Result<N>> {
    const { signal, onEvent } = options
    signal?.throwIfAborted()
    if (this.#lost !== undefined) throw new ComputeError('EngineError', this.#lost)
    const id = ++this.#last
    const cancel = () => this.#wire.send({ kind: 'cancel', id })
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await new Promise<Result<N>>((resolve, reject) => {
        this.#waiting.set(id, {
          event: (event) => onEvent?.(event as Event<N>),
          resolve: resolve as (result: unknown) => void,
          reject,
        })
        this.#wire.send({ kind: 'call', id, name, argument })
      })
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  #take(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id)
    if (!waiting) return
    if (answer.kind === 'event') {
      waiting.event(answer.event)
      return
    }
    this.#waiting.delete(answer.id)
    if (answer.kind === 'result') waiting.resolve(answer.result)
    else waiting.reject(new ComputeError(answer.name, answer.message))
  }
}
