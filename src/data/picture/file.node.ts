/** Reads and writes picture files with all their pixels. */

import { extname } from 'node:path'
import { ConfigError, DataError } from '../../util/errors.js'
import { expectFields, expectKind, expectOptions, kind, name, oneOf, whole } from '../../util/expect.js'
import { fileError } from '../../util/files/error.js'
import { writeAtomically } from '../../util/files/write.node.js'
import { decoder, MOST_PIXELS, naming, openPicture, readPictureFile, reasonOf } from './decode.node.js'
import { mostOf, type PixelPicture } from './picture.js'

/** The channels that a picture is decoded to: see `ReadPictureOptions`. */
export const pictureChannels = ['rgb', 'rgba', 'exact'] as const

/** How a picture file is decoded. */
export interface ReadPictureOptions {
  /**
   * `rgb` (the default): 8 bits, transparent parts black. `rgba`: 8 bits, unchanged colours, and alpha. `exact`: the
   * channels of the file, in 16 bits if it has them.
   */
  readonly channels?: (typeof pictureChannels)[number] | undefined
  /** The most pixels. Default 2^27, some 134 million, which take 400 MB of memory; for `exact` 2^28. */
  readonly mostPixels?: number | undefined
}

/**
 * Reads all pixels of a picture file: JPEG, PNG, WebP, GIF (the first frame), TIFF (the first page), AVIF, BMP, PPM, PGM or
 * PBM, whatever its name says. Rotates it as the camera says.
 * @throws DataError naming the file if it cannot be read, is not a picture, is damaged or has more pixels than allowed
 */
export async function readPicture(file: string, options: ReadPictureOptions = {}): Promise<PixelPicture> {
  expectKind(file, 'readPicture: file', name)
  expectOptions(options, 'readPicture: options', { channels: oneOf(pictureChannels), mostPixels: whole(1) })
  return decodeBytes(await readPictureFile(file), file, options)
}

/** The same for the bytes of a file. @throws DataError as `readPicture` does */
export async function decodeBytes(
  bytes: Uint8Array,
  file: string,
  { channels = 'rgb', mostPixels = channels === 'exact' ? MOST_PIXELS : 1 << 27 }: ReadPictureOptions = {},
): Promise<PixelPicture> {
  const { image, metadata } = await openPicture(bytes, file, mostPixels)
  const deep = channels === 'exact' && metadata.depth === 'ushort'
  const { data, info } = await naming(file, bytes, () => {
    const turned = image.autoOrient()
    const shown =
      channels === 'exact'
        ? turned.toColourspace(spaceOf(metadata.space === 'b-w' || metadata.space === 'grey16', deep))
        : channels === 'rgba'
          ? turned.toColourspace('srgb').ensureAlpha()
          : turned.flatten({ background: '#000' }).toColourspace('srgb').removeAlpha()
    return shown.raw({ depth: deep ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true })
  })
  const { width, height } = info
  const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  // 16-bit values are copied, because they must begin at an even address.
  return { width, height, data: deep ? new Uint16Array(Uint8Array.from(values).buffer) : values }
}

const spaceOf = (grey: boolean, deep: boolean) => (grey ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb')

/** sharp's formats by file extension. */
const formats = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
  '.tif': 'tiff',
  '.tiff': 'tiff',
  '.gif': 'gif',
  '.avif': 'avif',
} as const

const isIntegers = (data: unknown) => /\[object Uint(8|8Clamped|16)Array\]/.test(Object.prototype.toString.call(data))
const pixels = kind('8-bit or 16-bit values (a Uint8Array, Uint8ClampedArray or Uint16Array)', isIntegers)
const pixelFields = { width: whole(1), height: whole(1), data: pixels }

/**
 * Writes a picture with its channels and its depth, in the format of the extension: .png, .jpg, .webp, .tif, .gif or
 * .avif; 16 bits only as .png or .tif. An older file is replaced in one move.
 * @throws ConfigError for another extension; DataError if the picture is invalid or the file cannot be written
 */
export async function writePicture(file: string, picture: PixelPicture): Promise<void> {
  expectKind(file, 'writePicture: file', name)
  const what = 'a picture, { width, height, data }, such as readPicture() gives'
  expectFields(picture, 'writePicture: picture', what, pixelFields)
  const { width, height, data } = picture
  const channels = data.length / (width * height)
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4)
    throw new DataError(`writePicture: expected ${width}x${height} pixels of 1 to 4 values, got ${data.length} values`)
  const extension = extname(file).toLowerCase()
  if (!(extension in formats))
    throw new ConfigError(
      `${file}: expected a name that ends in ${Object.keys(formats).join(', ')}, got ${extension || 'none'}`,
    )
  const format = formats[extension as keyof typeof formats]
  const sharp = await decoder()
  const deep = mostOf(data) > 255
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const own = deep ? new Uint16Array(Uint8Array.from(buffer).buffer) : buffer
  let bytes: Buffer
  try {
    const drawn = sharp(own, { raw: { width, height, channels }, limitInputPixels: false })
    bytes = await drawn
      .toColourspace(spaceOf(channels < 3, deep))
      .toFormat(format)
      .toBuffer()
  } catch (error) {
    throw fileError(file, `cannot be written as ${format}`, new Error(reasonOf(error), { cause: error }))
  }
  await writeAtomically(file, bytes)
}
