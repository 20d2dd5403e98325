/** Decides which convolutions use Winograd's algorithm, and writes its kernel calls. */
import type { ConvAttributes, Pair } from '../../../ops/window.js'
import { BLOCK } from '../layout.js'
import type { Tape } from '../tape.js'

/** A 4x4 tile of outputs takes 36 products per pair of channels. */
const TILE = 4
const POINTS = 36
/** With fewer tiles, transforming the weights costs more than it saves. */
const LEAST_TILES = 32
/** The same for weights transformed once for all runs: with fewer tiles, reading four times the weights costs more. */
const LEAST_TILES_OF_FIXED = 16
/**
 * The same for weights that stay in the processor's cache, up to so many pairs of channels. CIFAR pictures have so few
 * tiles.
 */
const LEAST_TILES_OF_CACHED = 4
const CACHED_WEIGHT = 64 * 64
/** The least tiles per band of an image: they share the weights that are read. */
const TILES_OF_BAND = 12
/** If less than this part of the tiles lies in the map, the direct sum is as fast. */
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
 * Whether a convolution of these sizes uses Winograd's algorithm. It must have a 3x3 kernel, stride 1, no dilation or
 * groups, and at least a block of channels; and it must gain, unless the attributes name the algorithm. `fixed` says
 * that its weight is transformed only once.
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

/** Floats of a transformed weight of `oblocks` by `iblocks` channel blocks. */
export function winogradFloats(oblocks: number, iblocks: number): number {
  return POINTS * oblocks * iblocks * BLOCK * BLOCK
}

function tilesOf(rows: number, columns: number): number {
  return Math.ceil(rows / TILE) * Math.ceil(columns / TILE)
}

/**
 * Number of bands of rows of tiles that an image is cut into: `wanted`, or fewer so that no band has only a few tiles.
 */
export function tileBands(rows: number, columns: number, wanted: number): number {
  const most = Math.max(1, Math.floor(tilesOf(rows, columns) / TILES_OF_BAND))
  return Math.min(wanted, most, Math.ceil(rows / TILE))
}

/** The sizes of a call that differ between calls. */
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
