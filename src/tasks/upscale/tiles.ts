/** How a long side is cut into overlapping tiles, so that what is put together from their middles is as if never cut. */

/** Part of a side, from `start` on, of which `from` to `to` (exclusive) is kept; all counted from the start of the side. */
export interface Tile {
  readonly start: number
  readonly from: number
  readonly to: number
}

/**
 * Tiles of equal length that cover a side; one alone where it is not longer than a tile. What is kept lies at least
 * `reach` from the ends of its tile, but for the ends of the side itself.
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
