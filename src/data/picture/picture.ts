/** The one form of pictures, for files, classification and enlargement. */

import { bytesOf, isBlob, isUrl } from '../../util/expect.js'

/**
 * Decoded pixels, row by row from the top left, with the channels of a pixel side by side: grey, grey and alpha, RGB or
 * RGBA, in 8 or 16 bits. An `ImageData` is one.
 */
export interface PixelPicture {
  /** Width and height in pixels. */
  readonly width: number
  readonly height: number
  /** `width * height` times 1 to 4 values; a `Uint16Array` holds 16-bit values. */
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array
}

/** A picture that is decoded here and not by `sharp`, whose header was read. */
export interface OwnPicture {
  readonly width: number
  readonly height: number
  /** The colour space, in the words of `sharp`. */
  readonly space: 'b-w' | 'srgb' | 'grey16' | 'rgb16'
  /** Whether values have 16 bits. */
  readonly isDeep: boolean
  /** @throws DataError with the reason, without a name, for pixels that are damaged or missing */
  readonly decode: () => PixelPicture
}

/**
 * In browsers: an object that a canvas can draw, such as an `ImageBitmap`, a loaded `<img>`, a `<canvas>` or the
 * current frame of a `<video>`.
 */
export interface DrawablePicture {
  readonly width: unknown
  readonly height: unknown
}

/** A picture of any size. */
export type Picture = PixelPicture | DrawablePicture

/**
 * A picture file: a path in Node or an address in browsers; a URL; a `Blob`, such as the `File` of an `<input>`; or the
 * bytes of the file.
 */
export type PictureSource = string | URL | Blob | ArrayBuffer | Uint8Array

/** Whether a value is a picture file. Objects of another realm, such as a frame's, count too. */
export function isSource(given: unknown): given is PictureSource {
  if (typeof given === 'string' || isUrl(given) || isBlob(given)) return true
  const isFloats = ArrayBuffer.isView(given) && 'BYTES_PER_ELEMENT' in given && Number(given.BYTES_PER_ELEMENT) > 1
  return !isFloats && bytesOf(given) !== undefined
}

/** The largest value of a channel: 255 of 8 bits, 65535 of 16. */
export function mostOf(data: PixelPicture['data']): number {
  return data.BYTES_PER_ELEMENT === 2 ? 65535 : 255
}
