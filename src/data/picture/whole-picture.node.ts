/** Picture files with all their pixels, read and written: what `classify` and its kin take, and what they draw. */

import { extname } from 'node:path'
import { ConfigError, DataError } from '../../util/errors.js'
import { bytesOf, expectFields, expectKind, expectOptions, kind, name, whole } from '../../util/expect.js'
import { writeAtomically } from '../../util/files/write.node.js'
import { decoder, naming, openPicture, readPictureFile, reasonOf } from './decode.node.js'

/** A picture with all its pixels. */
export interface WholePicture {
  readonly width: number
  readonly height: number
  /** 8 bits, red, green and blue of a pixel side by side (and how opaque it is, where asked for), row by row from the top left. */
  readonly data: Uint8Array
}

/** How large a picture may be. */
export interface ReadPictureOptions {
  /** By default 2^27, some 134 million: 400 MB of memory. */
  readonly mostPixels?: number | undefined
  /** Four channels: the colours as they are, and how opaque a pixel is. By default what shines through is black. */
  readonly alpha?: boolean | undefined
}

/**
 * All pixels of a picture file: JPEG, PNG, WebP, GIF (the first frame), TIFF (the first page) or AVIF, whatever its name
 * says; turned as the camera says, flattened on black, made RGB with 8 bits; or RGBA.
 * @throws DataError naming the file when it cannot be read, is no picture, is damaged or has more pixels than allowed
 */
export async function readPicture(file: string, options: ReadPictureOptions = {}): Promise<WholePicture> {
  expectKind(file, 'readPicture: file', name)
  expectOptions(options, 'readPicture: options', { mostPixels: whole(1) })
  return decodeBytes(await readPictureFile(file), file, options)
}

/** The same for the bytes of a file. @throws DataError as `readPicture` does */
export async function decodeBytes(
  bytes: Uint8Array,
  file: string,
  { mostPixels = 1 << 27, alpha = false }: ReadPictureOptions = {},
): Promise<WholePicture> {
  const { image } = await openPicture(bytes, file, mostPixels)
  const { data, info } = await naming(file, bytes, () => {
    const turned = image.autoOrient()
    const coloured = alpha
      ? turned.toColourspace('srgb').ensureAlpha()
      : turned.flatten({ background: '#000' }).toColourspace('srgb').removeAlpha()
    return coloured.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  })
  return { width: info.width, height: info.height, data }
}

const formats = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' } as const

const isBytes = (data: unknown) => ArrayBuffer.isView(data) && (data as Uint8Array).BYTES_PER_ELEMENT === 1
const pixelFields = { width: whole(1), height: whole(1), data: kind('8-bit values (a Uint8Array)', isBytes) }

/**
 * Writes RGB or RGBA pixels as a picture file, in the format that its name asks for; an older file is replaced in one move.
 * @throws ConfigError for another name; DataError when it cannot be written
 */
export async function writePicture(file: string, picture: WholePicture): Promise<void> {
  expectKind(file, 'writePicture: file', name)
  expectFields(picture, 'writePicture: picture', 'pixels, { width, height, data }', pixelFields)
  const { width, height, data } = picture
  const given = bytesOf(data)!
  if (given.length !== 3 * width * height)
    throw new DataError(`writePicture: expected ${width}x${height} pixels of 3 bytes (RGB), got ${given.length} bytes`)
  const extension = extname(file).toLowerCase()
  if (!(extension in formats))
    throw new ConfigError(
      `${file}: expected a name that ends in ${Object.keys(formats).join(', ')}, got ${extension || 'none'}`,
    )
  const sharp = await decoder()
  const channels = given.length === 4 * width * height ? 4 : 3
  const drawn = sharp(Buffer.from(given.buffer, given.byteOffset, given.byteLength), {
    raw: { width, height, channels },
    limitInputPixels: false,
  })
  const format = formats[extension as keyof typeof formats]
  const bytes = await drawn
    .toFormat(format)
    .toBuffer()
    .catch((error: unknown) => {
      throw new DataError(`${file}: cannot be written as ${format}: ${reasonOf(error)}`, { cause: error })
    })
  await writeAtomically(file, bytes)
}
