/**
 * The canvas of the built-in set: a small RGB picture on which gradients, textures, stencils and noise are drawn. Edges
 * are smoothed by 4x4 samples per pixel. It computes in whole numbers only (sums, products, shifts, truncated
 * quotients), so a seed gives the same bytes on every machine.
 */
import type { Random } from '../../util/random.js'
import { STENCIL } from './shapes.js'

/** Pixels along a side. */
export const SIDE = 32

export type Colour = readonly [red: number, green: number, blue: number]

/** The place of a stencil. Lengths are in eighths of a pixel. */
export interface Placement {
  /** Centre. */
  readonly x: number
  readonly y: number
  /** Half the width and height of the whole stencil, before rotation; at least 2. */
  readonly halfWidth: number
  readonly halfHeight: number
  /** Rotation by 2 atan(turn / 64): from -64 to 64 for a quarter turn either way, 11 for about 20 degrees. */
  readonly turn: number
  readonly mirrored: boolean
}

export class Canvas {
  /** [3][SIDE][SIDE]. Values may leave 0 ... 255 until `bytes` clamps them. */
  readonly #values = new Int32Array(3 * SIDE * SIDE)

  /** Draws a gradient from one colour to the other. The slopes, from -8 to 8, set its direction and steepness. */
  gradient(from: Colour, to: Colour, slopeX: number, slopeY: number): void {
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        const weight = 128 + (((x - SIDE / 2) * slopeX + (y - SIDE / 2) * slopeY) >> 1) // 0 ... 256
        for (let channel = 0; channel < 3; channel++)
          this.#values[(channel * SIDE + y) * SIDE + x] =
            from[channel]! + (((to[channel]! - from[channel]!) * weight) >> 8)
      }
  }

  /** Adds the value of `height` at each pixel to all its channels. */
  relief(height: (x: number, y: number) => number): void {
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) {
        const added = height(x, y)
        for (let channel = 0; channel < 3; channel++) this.#values[(channel * SIDE + y) * SIDE + x]! += added
      }
  }

  /** Paints the cells of a stencil that are 1. Adds `shade` below its centre and subtracts it above. */
  stamp(stencil: Uint8Array, place: Placement, colour: Colour, shade: number): void {
    const { x, y, turn } = place
    const square = 4096 + turn * turn
    const cos = Math.trunc(((4096 - turn * turn) * 65536) / square)
    const sin = Math.trunc((128 * turn * 65536) / square)
    const side = place.mirrored ? -1 : 1
    // Maps canvas (eighths of a pixel from the centre) to stencil (cells from the centre), with 16 bits of fraction.
    const half = STENCIL / 2
    const xx = Math.trunc((side * cos * half) / place.halfWidth)
    const xy = Math.trunc((side * sin * half) / place.halfWidth)
    const yx = Math.trunc((-sin * half) / place.halfHeight)
    const yy = Math.trunc((cos * half) / place.halfHeight)
    const reachX = (Math.abs(cos) * place.halfWidth + Math.abs(sin) * place.halfHeight) >> 16
    const reachY = (Math.abs(sin) * place.halfWidth + Math.abs(cos) * place.halfHeight) >> 16
    const right = Math.min(SIDE - 1, (x + reachX + 1) >> 3)
    const bottom = Math.min(SIDE - 1, (y + reachY + 1) >> 3)
    // The samples of a pixel lie up to 3 eighths from its centre: a pixel whose centre is farther out has none inside.
    const edge = half << 16
    const [mostU, mostV] = [edge + 3 * (Math.abs(xx) + Math.abs(xy)), edge + 3 * (Math.abs(yx) + Math.abs(yy))]
    for (let row = Math.max(0, (y - reachY - 1) >> 3); row <= bottom; row++)
      for (let column = Math.max(0, (x - reachX - 1) >> 3); column <= right; column++) {
        const centreX = column * 8 + 4 - x
        const centreY = row * 8 + 4 - y
        if (Math.abs(xx * centreX + xy * centreY) > mostU || Math.abs(yx * centreX + yy * centreY) > mostV) continue
        let covered = 0
        for (let dy = centreY - 3; dy <= centreY + 3; dy += 2) {
          let u = xx * (centreX - 3) + xy * dy
          let v = yx * (centreX - 3) + yy * dy
          for (let n = 0; n < 4; n++, u += 2 * xx, v += 2 * yx) {
            const i = half + (u >> 16)
            const j = half + (v >> 16)
            if (((i | j) & -STENCIL) === 0) covered += stencil[j * STENCIL + i]! // both from 0 to STENCIL - 1
          }
        }
        if (covered > 0) this.#blend(column, row, colour, Math.trunc((shade * (row * 8 - y)) / 64), covered)
      }
  }

  /** Adds independent noise from -strength to strength to each pixel and channel. The strength is at most 127. */
  grain(random: Random, strength: number): void {
    const values = this.#values
    for (let i = 0; i < values.length; i += 4) {
      const word = random.uint32() // a byte per value
      for (let j = 0; j < 4; j++) values[i + j]! += ((((word >>> (8 * j)) & 255) * (2 * strength + 1)) >> 8) - strength
    }
  }

  /** Returns the picture as bytes [3][side][side]. At half of SIDE each byte is the mean of four. */
  bytes(side: 16 | 32, out: Uint8Array): void {
    const values = this.#values
    for (let i = 0; i < values.length; i++) values[i] = Math.max(0, Math.min(255, values[i]!))
    if (side === SIDE) {
      out.set(values)
      return
    }
    let to = 0
    for (let row = 0; row < 3 * SIDE; row += 2)
      for (let column = 0; column < SIDE; column += 2) {
        const i = row * SIDE + column
        out[to++] = (values[i]! + values[i + 1]! + values[i + SIDE]! + values[i + SIDE + 1]! + 2) >> 2
      }
  }

  #blend(column: number, row: number, colour: Colour, shade: number, sixteenths: number): void {
    for (let channel = 0; channel < 3; channel++) {
      const i = (channel * SIDE + row) * SIDE + column
      const below = this.#values[i]!
      this.#values[i] = below + (((colour[channel]! + shade - below) * sixteenths) >> 4)
    }
  }
}
