/** Information about an evaluation beside its figures. */
export interface Evaluated {
  /** The engine build that computed it. */
  readonly engine: string
  /** Notes about the match of classes, to show beside the figures. Empty if all classes match. */
  readonly notes: readonly string[]
}
