/** The page's end of the wire: calls to the computing end, as promises. */
import {
  type Answer,
  type Argument,
  type Call,
  type CallName,
  type Event,
  isRepeatable,
  type Question,
  type Result,
  setsUp,
} from './protocol.js'

/** A wire to the computing end. */
export interface Wire {
  send(question: Question): void
  /** Sets the listeners for all answers, and for the end of the wire. */
  listen(answer: (answer: Answer) => void, lost: (reason: string) => void): void
  /** Closes the wire and ends the computing end. */
  close(): void
}

export interface CallOptions<N extends CallName> {
  readonly onEvent?: (event: Event<N>) => void
  readonly signal?: AbortSignal | undefined
}

interface Waiting {
  readonly call: Call
  event(event: unknown): void
  resolve(result: unknown): void
  reject(error: Error): void
}

/** Name of the errors of active calls when the page moved to another engine. */
export const MOVED = 'Moved'

/** An error of the computing end. Its name is the class name there. */
export class ComputeError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

export class Client {
  readonly #onLost: (reason: string) => void
  readonly #waiting = new Map<number, Waiting>()
  /** The newest call of each kind that sets something up. */
  readonly #setUps = new Map<string, Call>()
  #wire: Wire
  #last = 0
  #lost: string | undefined

  /** @param onLost called when the wire breaks by itself; may `move` to another one */
  constructor(wire: Wire, onLost: (reason: string) => void = () => {}) {
    this.#wire = wire
    this.#onLost = onLost
    this.#listen(wire)
  }

  /** Moves to another wire. Active calls that can be repeated are made again there; others fail as `Moved`. */
  move(wire: Wire): void {
    this.#wire.close()
    this.#wire = wire
    this.#lost = undefined
    this.#listen(wire)
    this.#fail(new ComputeError(MOVED, 'the page computes by another engine now'), ({ call }) => !isRepeatable(call))
    for (const call of this.#setUps.values()) if (!this.#waiting.has(call.id)) wire.send(call)
    for (const { call } of this.#waiting.values()) wire.send(call)
  }

  /** @throws ComputeError with the message of the other end; the signal's reason if aborted */
  async call<N extends CallName>(name: N, argument: Argument<N>, options: CallOptions<N> = {}): Promise<Result<N>> {
    const { signal, onEvent } = options
    signal?.throwIfAborted()
    if (this.#lost !== undefined) throw new ComputeError('EngineError', this.#lost)
    const id = ++this.#last
    const cancel = () => this.#wire.send({ kind: 'cancel', id })
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await new Promise<Result<N>>((resolve, reject) => {
        const call = { kind: 'call', id, name, argument } as const
        this.#waiting.set(id, {
          call,
          event: (event) => onEvent?.(event as Event<N>),
          resolve: resolve as (result: unknown) => void,
          reject,
        })
        this.#wire.send(call)
      })
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  #listen(wire: Wire): void {
    wire.listen(
      (answer) => wire === this.#wire && this.#take(answer),
      (reason) => {
        if (wire !== this.#wire) return
        this.#lost = reason
        this.#onLost(reason)
        if (wire === this.#wire) this.#fail(new ComputeError('EngineError', reason), () => true)
      },
    )
  }

  #fail(error: Error, which: (waiting: Waiting) => boolean): void {
    for (const [id, waiting] of [...this.#waiting].filter(([, waiting]) => which(waiting))) {
      this.#waiting.delete(id)
      waiting.reject(error)
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
    if (answer.kind === 'error') waiting.reject(new ComputeError(answer.name, answer.message))
    else {
      const thing = setsUp(waiting.call)
      if (thing !== undefined) this.#setUps.set(thing, waiting.call)
      waiting.resolve(answer.result)
    }
  }
}
