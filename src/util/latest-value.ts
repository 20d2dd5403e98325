/**
 * Hands values from a maker that must not wait to a reader who may be slow: the reader always gets the newest value,
 * and those it was too slow for are dropped. The last value is never dropped.
 */
export class LatestValue<T> implements AsyncIterable<T> {
  #value: { readonly value: T } | undefined
  #end: { readonly error?: unknown } | undefined
  #wake: () => void = () => {}

  push(value: T): void {
    this.#value = { value }
    this.#wake()
  }

  /** No more values; an error, if given, reaches the reader after the last value. */
  end(failure: { readonly error?: unknown } = {}): void {
    this.#end = failure
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      const next = this.#value
      if (next) {
        this.#value = undefined
        yield next.value
      } else if (this.#end) {
        if ('error' in this.#end) throw this.#end.error
        return
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }
}
