/** Cuts a long side into overlapping tiles. The joined middles of the tiles equal a result without tiles. */

/**
 * A tile of a side. It begins at `start`, and the part from `from` to `to` (exclusive) is kept. All count from the
 * start of the side.
 */
export interface Tile {
  readonly start: number
  readonly from: number
  readonly to: number
}

/**
 * Covers a side with tiles of equal length, or with one tile if the side is not longer. The kept part lies at least
 * `reach` from the ends of its tile, except at the ends of the side.
 * @param tile more than twice `reach`
 */
export function tilesOf(length: number, tile: number, reach: number): Tile[] {
  if (length <= tile) return [{ start: 0, from: 0, to: length }]
  const tiles: Tile[] = []
  for (let from = 0; from < length; ) {
    const start = Math.min(Math.max(0, from - reach), length - tile)
    const to = start + tile === length ? length : start + tile - reach
    tiles.push({ start, from, to })
    from = to
  }
  return tiles
}
