/** Converts pictures (decoded files, canvases, elements of a page) to the input of a network. */

import { centreView } from '../data/augment.js'
import { fillBatch } from '../data/batches.js'
import { greyOf } from '../data/picture/grey.js'
import { type DrawablePicture, mostOf, type Picture, type PixelPicture } from '../data/picture/picture.js'
import { type Interpolation, resize } from '../data/picture/resize.js'
import type { Preprocessing } from '../formats/trained-network.js'
import { ConfigError, DataError } from '../util/errors.js'
import { bytesOf, described, isBlob, isRecord } from '../util/expect.js'

/**
 * Writes a picture to out[at ...] as [channels][height][width] normalised floats. It is cropped to the centre and
 * resized, as in data sets: a side that is too long loses the same amount at both ends.
 * @throws DataError for an invalid picture, naming `who`
 */
export function preparePicture(
  picture: Picture,
  { input, normalisation, resize: to = input, interpolation }: Preprocessing,
  out: Float32Array,
  at: number,
  who: string,
): void {
  const pixels = cutAndResized(pixelsOf(picture, who), input.channels, to, interpolation, who)
  const window = { height: input.height, width: input.width }
  const labels = Uint8Array.of(0)
  const pictures = { count: 1, channels: input.channels, height: to.height, width: to.width, pixels, labels, window }
  fillBatch(pictures, [0], out.subarray(at), new Int32Array(1), { normalisation, seed: 0, epoch: 0 })
}

/**
 * The bytes [3][side][side] of the largest square in the middle of a picture.
 * @throws DataError for an invalid picture, naming `who`
 */
export function squareBytes(picture: Picture, side: number, who: string): Uint8Array {
  return cutAndResized(pixelsOf(picture, who), 3, { height: side, width: side }, 'bilinear', who)
}

function cutAndResized(
  given: PixelPicture,
  channels: number,
  to: Size,
  interpolation: Interpolation | undefined,
  who: string,
): Uint8Array {
  const { height, width } = given
  const pixels = planes(given, channels, who)
  if (height === to.height && width === to.width) return pixels
  const values = new Float32Array(channels * to.height * to.width)
  resize(pixels, { channels, height, width }, centre(given, to), to, values, 0, interpolation)
  return Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.round(value))))
}

/** Height and width of a picture, in pixels. */
export function pictureSize(picture: Picture): Size {
  const { width, height } = 'data' in picture ? picture : shownSize(picture)
  return { width, height }
}

/** The part of a picture of this size that `preparePicture` shows the network, in pixels of the picture. */
export function partRead(size: Size, { input, resize: to = input }: Preprocessing): Rectangle {
  const part = centre(size, to)
  const view = centreView(to, input)
  const [across, down] = [part.width / to.width, part.height / to.height]
  return {
    left: part.left + view.left * across,
    top: part.top + view.top * down,
    width: input.width * across,
    height: input.height * down,
  }
}

type Size = { readonly height: number; readonly width: number }

/** A rectangle in pixels, whole or not. */
export interface Rectangle {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The largest part in the middle of a picture that has the shape of `to`. */
function centre({ height, width }: Size, to: Size) {
  const scale = Math.min(height / to.height, width / to.width)
  const part = { height: Math.round(to.height * scale), width: Math.round(to.width * scale) }
  const top = (height - part.height) >> 1
  const left = (width - part.width) >> 1
  return { top, left, height: Math.max(1, part.height), width: Math.max(1, part.width), mirrored: false }
}

/**
 * The bytes [channels][height][width] of a picture. One channel is luminance, three are RGB with black for transparent
 * parts, and four are RGB and opacity.
 */
function planes(picture: PixelPicture, channels: number, who: string): Uint8Array {
  const { width, height } = picture
  const count = width * height
  const given = picture.data.length / count
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new ConfigError(
      `pictures have 1 channel (grey), 3 (RGB) or 4 (RGBA), and this network reads ${channels}: it takes batches of floats only`,
    )
  if (![1, 2, 3, 4].includes(given))
    throw new DataError(
      `${who}: expected ${width}x${height} pixels of 1 to 4 values (grey, grey and alpha, RGB, RGBA), got ${picture.data.length} values`,
    )
  const data = inBytes(picture.data)
  const planes = new Uint8Array(channels * count)
  const colours = given < 3 ? 1 : 3
  const alphaAt = (i: number) => (given > colours ? data[i * given + colours]! : 255)
  const colourAt = (i: number, channel: number) => data[i * given + Math.min(channel, colours - 1)]!
  if (channels === 4) {
    for (let i = 0; i < count; i++)
      for (let channel = 0; channel < 4; channel++)
        planes[channel * count + i] = channel < 3 ? colourAt(i, channel) : alphaAt(i)
    return planes
  }
  for (let i = 0; i < count; i++) {
    const opaque = given > colours ? alphaAt(i) / 255 : 1
    const value = (channel: number) => opaque * colourAt(i, channel)
    if (colours === 1 || channels === 3)
      for (let channel = 0; channel < channels; channel++) planes[channel * count + i] = Math.round(value(channel))
    else planes[i] = Math.round(greyOf(value(0), value(1), value(2)))
  }
  return planes
}

/** Rounds 16-bit values to 8 bits. */
function inBytes(data: PixelPicture['data']): Uint8Array | Uint8ClampedArray {
  const most = mostOf(data)
  return most === 255 ? (data as Uint8Array) : Uint8Array.from(data, (value) => Math.round((value * 255) / most))
}

/**
 * The pixels of a picture, or of anything that a canvas can draw.
 * @throws DataError for an invalid picture, naming `who`
 */
export function pixelsOf(picture: Picture, who: string): PixelPicture {
  if (!isPicture(picture))
    throw new DataError(
      `${who}: expected a picture, { width, height, data }, got ${described(picture)}; ${remedyFor(picture)}`,
    )
  const pixels = 'data' in picture ? picture : draw(picture, who)
  const { width, height, data } = pixels
  if (!(Number.isSafeInteger(width) && width > 0 && Number.isSafeInteger(height) && height > 0))
    throw new DataError(
      `${who}: expected a width and height of whole pixels, got ${described(width)} and ${described(height)}`,
    )
  if (!isIntegers(data))
    throw new DataError(
      `${who}: expected data of 8-bit or 16-bit values (a Uint8Array, Uint8ClampedArray or Uint16Array), got ${described(data)}`,
    )
  return { width, height, data }
}

const isPicture = (given: unknown) => isRecord(given) && 'width' in given && 'height' in given
/**
 * Tells typed arrays by their tag, because an array of another realm, such as a frame, is no instance of this realm's
 * classes.
 */
const isIntegers = (data: unknown) => /\[object Uint(8|8Clamped|16)Array\]/.test(Object.prototype.toString.call(data))

/** Says how the given value becomes a picture. */
function remedyFor(given: unknown): string {
  if (typeof given === 'string') return 'in Node readPicture(path) reads a file; in browsers wait for an <img> to load'
  if (isBlob(given)) return 'createImageBitmap(file) decodes it in browsers'
  if (bytesOf(given)) return 'decode them first: in Node readPicture(path) does, in browsers createImageBitmap(blob)'
  return 'in Node readPicture(path) gives one, in browsers createImageBitmap(blob)'
}

/** The size of an element's picture. Its width and height hold the size that it is shown at. */
type Sized = DrawablePicture & {
  readonly [name in 'naturalWidth' | 'naturalHeight' | 'videoWidth' | 'videoHeight']?: number
}

function shownSize(picture: Sized): Size {
  const width = Number(picture.naturalWidth ?? picture.videoWidth ?? picture.width)
  const height = Number(picture.naturalHeight ?? picture.videoHeight ?? picture.height)
  return { width, height }
}

function draw(picture: Sized, who: string): PixelPicture {
  if (typeof OffscreenCanvas === 'undefined')
    throw new DataError(
      `${who}: expected { width, height, data } with its pixels, as there is no canvas here to draw on`,
    )
  const { width, height } = shownSize(picture)
  if (!(width > 0 && height > 0))
    throw new DataError(`${who}: it has no pixels yet (${width}x${height}); wait until it has loaded`)
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
    context.drawImage(picture as unknown as CanvasImageSource, 0, 0)
    return context.getImageData(0, 0, width, height)
  } catch (error) {
    throw new DataError(
      `${who}: its pixels cannot be read (${error}); pictures of other servers must be loaded with crossorigin="anonymous"`,
      { cause: error },
    )
  }
}
