/**
 * The outlines of the built-in set: ten named things, and fragments that serve as clutter. Each is drawn once into a
 * stencil of 128x128 cells, in a few variants (thicker, thinner, with or without a door). Pictures stamp these
 * stencils, rotated and scaled. Whole numbers only, so that the stencils are the same bits everywhere.
 */

/** Side of a stencil in cells. */
export const STENCIL = 128

/** Number of variants of each outline. */
export const VARIANTS = 4

/** Names of the ten classes, by class number. Mirroring changes no class. */
export const shapeNames = ['ring', 'cross', 'star', 'house', 'tree', 'fish', 'cup', 'key', 'moon', 'arrow'] as const

/**
 * A square of cells, each 0 or 1, with coordinates from -127 to 127 in both directions, x to the right and y downwards.
 * Shapes are added or removed in the order of the calls.
 */
class Stencil {
  readonly cells = new Uint8Array(STENCIL * STENCIL)

  ellipse(cx: number, cy: number, rx: number, ry: number, value = 1): this {
    const [rx2, ry2] = [rx * rx, ry * ry]
    return this.#paint(value, (x, y) => (x - cx) * (x - cx) * ry2 + (y - cy) * (y - cy) * rx2 <= rx2 * ry2)
  }

  box(left: number, top: number, right: number, bottom: number, value = 1): this {
    return this.#paint(value, (x, y) => x >= left && x <= right && y >= top && y <= bottom)
  }

  /** Corners x, y, x, y, ...; filled by the even-odd rule. */
  polygon(corners: readonly number[], value = 1): this {
    return this.#paint(value, (x, y) => {
      let inside = false
      for (let i = 0, j = corners.length - 2; i < corners.length; j = i, i += 2) {
        const [ax, ay, bx, by] = [corners[i]!, corners[i + 1]!, corners[j]!, corners[j + 1]!]
        if (ay > y === by > y) continue
        const side = (x - ax) * (by - ay) - (y - ay) * (bx - ax) // sign, divided by (by - ay), says left or right
        if (side < 0 === by > ay) inside = !inside
      }
      return inside
    })
  }

  #paint(value: number, covers: (x: number, y: number) => boolean): this {
    for (let row = 0; row < STENCIL; row++)
      for (let column = 0; column < STENCIL; column++)
        if (covers(2 * column - STENCIL + 1, 2 * row - STENCIL + 1)) this.cells[row * STENCIL + column] = value
    return this
  }
}

type Outline = (stencil: Stencil, variant: number) => void

const outlines: Readonly<Record<(typeof shapeNames)[number], Outline>> = {
  ring: (s, v) => s.ellipse(0, 0, 112, 112).ellipse(0, 0, 56 + 6 * v, 56 + 6 * v, 0),
  cross: (s, v) => s.box(-118, -30 - 4 * v, 118, 30 + 4 * v).box(-30 - 4 * v, -118, 30 + 4 * v, 118),
  star: (s, v) => {
    const n = [44, 48, 52, 56][v]! // distance of the inner corners from the centre in percent
    const inner = (k: number) => Math.trunc((k * n) / 100)
    s.polygon([
      ...[0, -125, inner(71), inner(-97), 119, -39, inner(114), inner(37), 73, 101],
      ...[0, inner(120), -73, 101, inner(-114), inner(37), -119, -39, inner(-71), inner(-97)],
    ])
  },
  house: (s, v) => {
    s.polygon([-122, 0, 0, -112 - 4 * v, 122, 0]).box(-86, 0, 86, 112)
    s.box(-22 + 24 * (v - 1), 44, 22 + 24 * (v - 1), 112, 0)
    if (v % 2 === 1) s.box(50, -110, 84, -30)
  },
  tree: (s, v) => {
    s.box(-16 - 2 * v, 60, 16 + 2 * v, 122)
    s.polygon([-70, -10, 0, -122, 70, -10]).polygon([-84, 36, 0, -76, 84, 36]).polygon([-98, 80, 0, -30, 98, 80])
  },
  fish: (s, v) => {
    s.ellipse(-26, 0, 94, 54 + 6 * v)
    s.polygon([34, 0, 120, -70, 98, 0, 120, 70]).ellipse(-74, -16, 15, 15, 0)
  },
  cup: (s, v) => {
    s.ellipse(62, -6, 58, 54 + 3 * v).ellipse(62, -6, 30, 26 + 3 * v, 0)
    s.polygon([-112, -92, 56, -92, 44, 96, -100, 96])
  },
  key: (s, v) => {
    s.ellipse(-68, 0, 56, 56)
      .ellipse(-68, 0, 24 + 2 * v, 24 + 2 * v, 0)
      .box(-20, -16, 122, 16)
    s.box(92, 0, 122, 62)
    s.box(40 + 4 * v, 0, 68 + 4 * v, 50)
  },
  moon: (s, v) => s.ellipse(-8, 0, 116, 116).ellipse(46 + 4 * v, -6, 92, 92, 0),
  arrow: (s, v) => s.box(-120, -24 - 2 * v, 20, 24 + 2 * v).polygon([4, -92, 122, 0, 4, 92]),
}

/** Fragments: parts that occur in many of the ten things and are none of them. */
const fragmentOutlines: readonly Outline[] = [
  (s, v) => s.polygon([-100, 80 - 20 * v, 0, -110, 100, 80]), // gable
  (s, v) =>
    s
      .ellipse(0, 0, 120, 120)
      .ellipse(0, 0, 70 + 8 * v, 70 + 8 * v, 0)
      .box(-127, 0, 127, 127, 0), // half a ring
  (s, v) => s.box(-100, -100, -50, 100).box(-100, 50 - 8 * v, 100, 100), // angle
  (s, v) => s.ellipse(0, 0, 110, 60 + 15 * v), // blob
  (s, v) => s.box(-110, -60, 110, 20 + 20 * v), // block
  (s, v) => s.box(-120, -26, 120, 26).box(-26 - 6 * v, -26, 26, 120), // T
  (s, v) => s.polygon([-120, -30, 120, -10 - 20 * v, 90, 40, -90, 60]), // shard
  (s) => s.box(-120, -90, 120, -30).box(-120, 30, 120, 90), // rails
]

function draw(outline: Outline): readonly Uint8Array[] {
  return Array.from({ length: VARIANTS }, (_, variant) => {
    const stencil = new Stencil()
    outline(stencil, variant)
    return stencil.cells
  })
}

/** Stencils of the ten classes, [class][variant]. */
export function shapeStencils(): readonly (readonly Uint8Array[])[] {
  return shapeNames.map((name) => draw(outlines[name]))
}

/** Stencils of the fragments, [fragment][variant]. */
export function fragmentStencils(): readonly (readonly Uint8Array[])[] {
  return fragmentOutlines.map(draw)
}
