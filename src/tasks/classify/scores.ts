/** The figures of networks that classify. */

/** Mean loss, and top-1 error in percent. */
export interface ClassifyingScore {
  readonly loss: number
  readonly top1Error: number
}

/** A result over a number of pictures. The loss is the mean cross-entropy without smoothing. */
export interface ClassifyingEvaluation extends ClassifyingScore {
  readonly count: number
  readonly correct: number
  /** Top-1 accuracy in percent: 100 less `top1Error`. */
  readonly accuracy: number
}
