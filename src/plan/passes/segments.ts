/**
 * Where a chain of values that are made again is cut. Making the last one of a stretch again means making all of the
 * stretch, so each stretch starts from a value that is kept; more cuts keep more, fewer make more at once. The backward
 * pass enters the last stretch first, when all that is kept is still there, and the first one last, when nearly nothing
 * is: so stretches grow shorter from the input to the loss.
 */

/** One node that is made again, in the order of the forward pass. Sizes are in bytes. */
export interface Piece {
  /** The bytes that were kept anyway since the piece before. */
  readonly kept: number
  /** The bytes that wait for their turn, once the stretch has been made again. */
  readonly waiting: number
  /** The cost of ending a stretch here: the size of the one value that goes on; undefined where several do. */
  readonly cut: number | undefined
}

/** The pieces after which a stretch ends, so that the most that is held at any time is as little as it can be. */
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

/** The longest stretches with which no more than `limit` is held at any time; undefined when there are none. */
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
