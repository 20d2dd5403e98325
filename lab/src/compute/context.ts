/** The context that a call of the service is given beside its argument. */
export interface Context<E = never> {
  /** Tells the page something before the end. */
  emit(event: E): void
  /** Aborted when the page no longer wants the result. */
  readonly signal: AbortSignal
}
