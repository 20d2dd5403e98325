/** When a convolution is computed by Winograd's algorithm, and the kernel calls for it. */
import type { ConvAttributes, Pair } from '../../../ops/window.js'
import { BLOCK } from '../layout.js'
import type { Tape } from '../tape.js'

/** A 4x4 tile of outputs takes 36 products a pair of channels. */
const TILE = 4
const POINTS = 36
/** Tiles below which transforming the weights would cost more than it saves. */
const LEAST_TILES = 32
/** And where that is done once for all runs: below, reading four times the weights takes longer than it saves, */
const LEAST_TILES_OF_FIXED = 16
/** unless they stay in the processor's cache: with so many pairs of channels at most. A picture of CIFAR has so few tiles. */
const LEAST_TILES_OF_CACHED = 4
const CACHED_WEIGHT = 64 * 64
/** Tiles that a band of an image has at least: so many share what is read of the weights. */
const TILES_OF_BAND = 12
/** Where less of its tiles than this lies in the map, the direct sum is as fast. */
const LEAST_USE = 0.5

export interface WinogradSizes {
  readonly n: number
  readonly c: number
  readonly h: number
  readonly w: number
  readonly o: number
  readonly oh: number
  readonly ow: number
  readonly ph: number
  readonly pw: number
}

/**
 * Whether a convolution with these sizes is computed by it: kernel 3x3, stride 1, no dilation or groups, a block of
 * channels; and where it gains, unless the attributes name the algorithm. `fixed` says that its weight is transformed
 * but once.
 */
export function suitsWinograd(sizes: WinogradSizes, [kh, kw]: Pair, a: ConvAttributes, fixed = false): boolean {
  const whole = [...a.stride, ...a.dilation, a.groups ?? 1].every((size) => size === 1)
  const possible = kh === 3 && kw === 3 && whole && sizes.c >= BLOCK && sizes.o >= BLOCK
  return possible && (a.algorithm ? a.algorithm === 'winograd' : gains(sizes, fixed))
}

function gains({ n, c, o, oh, ow }: WinogradSizes, fixed: boolean): boolean {
  const tiles = tilesOf(oh, ow)
  const leastOfFixed = c * o <= CACHED_WEIGHT ? LEAST_TILES_OF_CACHED : LEAST_TILES_OF_FIXED
  const least = fixed ? leastOfFixed : LEAST_TILES
  return n * tiles >= least && oh * ow >= LEAST_USE * tiles * TILE * TILE
}

/** Floats of a transformed weight with so many pairs of channel blocks. */
export function winogradFloats(oblocks: number, iblocks: number): number {
  return POINTS * oblocks * iblocks * BLOCK * BLOCK
}

function tilesOf(rows: number, columns: number): number {
  return Math.ceil(rows / TILE) * Math.ceil(columns / TILE)
}

/** Bands of rows of tiles that an image is cut into: as many as are wanted, but none of a few tiles only. */
export function tileBands(rows: number, columns: number, wanted: number): number {
  const most = Math.max(1, Math.floor(tilesOf(rows, columns) / TILES_OF_BAND))
  return Math.min(wanted, most, Math.ceil(rows / TILE))
}

/** The sizes of a call, without those that are always the same. */
export function winogradSizes({ n, c, h, w, o, oh, ow, ph, pw }: WinogradSizes): WinogradSizes {
  return { n, c, h, w, o, oh, ow, ph, pw }
}

/** Transforms a weight into `to`; flipped for the input gradient. */
export function pushWeight(
  tape: Tape,
  weight: number,
  to: number,
  oblocks: number,
  iblocks: number,
  flip: 0 | 1,
): void {
  tape.push('winograd_weight', { weight, y: to, oblocks, iblocks, flip })
}
