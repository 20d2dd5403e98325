/**
 * Cuts a chain of recomputed values into stretches. To recompute its last value a stretch is recomputed as a whole, so
 * it starts from a value that is kept. More cuts keep more values; fewer cuts recompute more at once. The backward pass
 * enters the last stretch first, while all kept values still exist, and the first stretch last, when nearly none do. So
 * stretches grow shorter from the input to the loss.
 */

/** One node that runs again, in the order of the forward pass. Sizes are in bytes. */
export interface Piece {
  /** Bytes kept anyway since the piece before. */
  readonly kept: number
  /** Bytes that wait for their turn once the stretch has been recomputed. */
  readonly waiting: number
  /**
   * The cost of ending a stretch here: the size of the one value that the next stretch starts from; undefined if there
   * are several.
   */
  readonly cut: number | undefined
}

/** Returns the pieces after which a stretch ends. Minimises the most bytes held at any time. */
export function chooseCuts(pieces: readonly Piece[]): readonly number[] {
  let high = pieces.reduce((sum, { kept, waiting, cut = 0 }) => sum + kept + waiting + cut, 0)
  let low = 0
  let best: readonly number[] = []
  while (high - low > high / 1024) {
    const limit = (low + high) / 2
    const cuts = cutsWithin(pieces, limit)
    if (cuts) {
      best = cuts
      high = limit
    } else low = limit
  }
  return best
}

/**
 * Makes stretches as long as they can be with at most `limit` bytes held at any time; returns their cuts, or undefined
 * if there are none.
 */
function cutsWithin(pieces: readonly Piece[], limit: number): number[] | undefined {
  const cuts: number[] = []
  let kept = 0
  let stretch = 0
  let candidate: { readonly index: number; readonly cut: number; readonly stretch: number } | undefined
  for (const [index, piece] of pieces.entries()) {
    kept += piece.kept
    stretch += piece.waiting
    while (kept + stretch > limit) {
      if (!candidate) return undefined
      cuts.push(candidate.index)
      kept += candidate.cut
      stretch -= candidate.stretch
      candidate = undefined
    }
    if (piece.cut === undefined) continue
    if (piece.cut === 0) {
      cuts.push(index)
      stretch = 0
      candidate = undefined
    } else candidate = { index, cut: piece.cut, stretch }
  }
  return cuts
}
