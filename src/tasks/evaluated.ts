/** Facts about an evaluation beside its figures. */
export interface Evaluated {
  /** The engine build that computed it. */
  readonly engine: string
  /** How classes were matched, where that is not plain; show them beside the figures. */
  readonly notes: readonly string[]
}
