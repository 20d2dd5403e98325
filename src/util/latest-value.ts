/**
 * Passes values from a writer that must not wait to a reader that may be slow. The reader always gets the newest value;
 * values that it was too slow for are dropped, but never the last one.
 */
export class LatestValue<T> implements AsyncIterable<T> {
  #value: { readonly value: T } | undefined
  #end: { readonly error?: unknown } | undefined
  #wake: () => void = () => {}

  push(value: T): void {
    this.#value = { value }
    this.#wake()
  }

  /** Ends the values. An error, if given, reaches the reader after the last value. */
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
