/** The context of a call of the service, besides its argument. */
export interface Context<E = never> {
  /** Sends an event to the page before the end. */
  emit(event: E): void
  /** Aborted when the page no longer wants the result. */
  readonly signal: AbortSignal
}
