/**
 * Decodes BMP pictures: 1, 4, 8, 16, 24 and 32 bits a pixel, with a palette, with masks, and run-length coded in 8 bits.
 * Rows are stored from the bottom up unless the height is negative. [Microsoft's BITMAPINFOHEADER describes the format]
 */
import { DataError } from '../../util/errors.js'
import type { OwnPicture } from './picture.js'

const [PLAIN, RLE8, MASKS, ALPHA_MASKS] = [0, 1, 3, 6]
const BITS = [1, 4, 8, 16, 24, 32]
/** Bytes of the file's own header, and of the oldest and the usual header of the picture. */
const [FILE_HEADER, CORE, INFO] = [14, 12, 40]
/** Pixels that a byte of run-length codes can make, with room for parts that are skipped. */
const MOST_RUN = 255
const SPARE = 1 << 16

/** @throws DataError with the reason, without a name, if the header cannot be understood */
export function openBmp(bytes: Uint8Array): OwnPicture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < FILE_HEADER + CORE) throw new DataError(CUT)
  const begin = view.getUint32(10, true)
  const size = view.getUint32(FILE_HEADER, true)
  if (size !== CORE && size < INFO) throw new DataError(`is a damaged BMP picture: its header has ${size} bytes`)
  if (bytes.length < FILE_HEADER + Math.min(size, INFO)) throw new DataError(CUT)
  const isCore = size === CORE
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true)
  const signed = isCore ? view.getUint16(20, true) : view.getInt32(22, true)
  const bits = view.getUint16(isCore ? 24 : 28, true)
  const coding = isCore ? PLAIN : view.getUint32(30, true)
  const height = Math.abs(signed)
  if (width < 1 || height < 1) throw new DataError(`is a damaged BMP picture of ${width}x${height} pixels`)
  const isKnown = coding === PLAIN || (coding === RLE8 && bits === 8) || coding === MASKS || coding === ALPHA_MASKS
  if (!isKnown || !BITS.includes(bits))
    throw new DataError(
      `is a BMP picture of ${bits} bits in coding ${coding}, which is not read (1, 4, 8, 16, 24 and 32 bits and RLE8 are); save it as PNG`,
    )
  const stride = 4 * Math.ceil((width * bits) / 32)
  if (coding === RLE8 ? width * height > SPARE + MOST_RUN * bytes.length : begin + stride * height > bytes.length)
    throw new DataError(`${CUT}, at ${width}x${height} pixels of ${bits} bits`)
  const masks = bits === 16 || bits === 32 ? masksOf(view, size, bits, coding) : undefined
  const channels = masks?.[3] ? 4 : 3
  const row = (y: number) => (signed < 0 ? y : height - 1 - y)
  const decode = () => {
    const data = new Uint8Array(width * height * channels)
    if (masks) masked(data, view, begin, { width, height, bits, stride, row }, masks)
    else if (bits === 24)
      for (let y = 0, at = 0; y < height; y++)
        for (let from = begin + row(y) * stride, end = from + 3 * width; from < end; from += 3) {
          data[at++] = bytes[from + 2]!
          data[at++] = bytes[from + 1]!
          data[at++] = bytes[from]!
        }
    else {
      const indices = coding === RLE8 ? runs(bytes, begin, width, height) : undefined
      const palette = paletteOf(view, size, bits)
      for (let y = 0, at = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const bit = x * bits
          const packed = indices ? indices[row(y) * width + x]! : bytes[begin + row(y) * stride + (bit >> 3)]!
          const index = indices ? packed : (packed >> (8 - bits - (bit & 7))) & ((1 << bits) - 1)
          for (let channel = 0; channel < 3; channel++) data[at++] = palette[3 * index + channel]!
        }
    }
    return { width, height, data }
  }
  return { width, height, space: 'srgb', isDeep: false, decode }
}

const CUT = 'is a BMP picture that is cut short'

/** Red, green and blue of each index; those that the file lacks are black. */
function paletteOf(view: DataView, size: number, bits: number): Uint8Array {
  const isCore = size === CORE
  const step = isCore ? 3 : 4
  const used = isCore ? 0 : view.getUint32(46, true)
  const count = Math.min(1 << bits, used === 0 ? 1 << bits : used)
  const palette = new Uint8Array(3 << bits)
  for (let i = 0; i < count; i++) {
    const at = FILE_HEADER + size + step * i
    if (at + 3 > view.byteLength) throw new DataError(`${CUT}, in its palette`)
    palette.set([view.getUint8(at + 2), view.getUint8(at + 1), view.getUint8(at)], 3 * i)
  }
  return palette
}

type Masks = readonly [red: number, green: number, blue: number, alpha: number]

/** Masks behind the header or as its last fields; without them 5 bits a colour of 16, and 8 of 32. */
function masksOf(view: DataView, size: number, bits: number, coding: number): Masks {
  if (coding === PLAIN) return bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0]
  const at = FILE_HEADER + INFO
  const hasAlpha = coding === ALPHA_MASKS || size >= 56
  if (at + (hasAlpha ? 16 : 12) > view.byteLength) throw new DataError(`${CUT}, in its masks`)
  const mask = (i: number) => view.getUint32(at + 4 * i, true)
  return [mask(0), mask(1), mask(2), hasAlpha ? mask(3) : 0]
}

interface Grid {
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly stride: number
  readonly row: (y: number) => number
}

function masked(data: Uint8Array, view: DataView, begin: number, grid: Grid, masks: Masks): void {
  const { width, height, bits, stride, row } = grid
  const fields = masks
    .filter((mask, i) => i < 3 || mask !== 0)
    .map((mask) => {
      const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
      return { mask, shift, most: mask >>> shift }
    })
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const place = begin + row(y) * stride + (x * bits) / 8
      const value = bits === 16 ? view.getUint16(place, true) : view.getUint32(place, true)
      for (const { mask, shift, most } of fields)
        data[at++] = most === 0 ? 0 : Math.round((((value & mask) >>> shift) * 255) / most)
    }
}

/** Indices from run-length codes, in the order of the file's rows. Pixels that are skipped have index 0. */
function runs(bytes: Uint8Array, begin: number, width: number, height: number): Uint8Array {
  const indices = new Uint8Array(width * height)
  let [x, y, at] = [0, 0, begin]
  const put = (index: number) => {
    if (x < width && y < height) indices[y * width + x] = index
    x++
  }
  while (at + 1 < bytes.length && y < height) {
    const [count, value] = [bytes[at]!, bytes[at + 1]!]
    at += 2
    if (count > 0) for (let i = 0; i < count; i++) put(value)
    else if (value === 0) [x, y] = [0, y + 1]
    else if (value === 1) return indices
    else if (value === 2) {
      x += bytes[at] ?? 0
      y += bytes[at + 1] ?? 0
      at += 2
    } else {
      if (at + value > bytes.length) throw new DataError(`${CUT}, in its run-length codes`)
      for (let i = 0; i < value; i++) put(bytes[at + i]!)
      at += value + (value & 1)
    }
  }
  if (y < height - 1) throw new DataError(`${CUT}, in its run-length codes`)
  return indices
}
