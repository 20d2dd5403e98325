/** Picture files with all their pixels, read and written: what `classify` and its kin take, and what they draw. */
import { readFile, writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { ConfigError, DataError } from '../util/errors.js'
import { fileError } from '../util/file-error.js'
import { decoder, reasonOf } from './decode.node.js'

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
 * All pixels of a picture file: JPEG, PNG, WebP, GIF (the first frame), TIFF, AVIF and more; turned as the camera says,
 * flattened on black, made RGB with 8 bits; or RGBA.
 * @throws DataError naming the file when it cannot be read, is no picture, is damaged or has more pixels than allowed
 */
export async function readPicture(file: string, options: ReadPictureOptions = {}): Promise<WholePicture> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(file, 'cannot be read', error)
  })
  return decodeBytes(bytes, file, options)
}

/** The same for the bytes of a file. @throws DataError as `readPicture` does */
export async function decodeBytes(
  bytes: Uint8Array,
  file: string,
  { mostPixels = 1 << 27, alpha = false }: ReadPictureOptions = {},
): Promise<WholePicture> {
  const sharp = await decoder()
  const fail = (error: unknown) => {
    throw new DataError(`${file}: is no picture that can be read: ${reasonOf(error)}`, { cause: error })
  }
  const { width = 0, height = 0 } = await sharp(bytes, { limitInputPixels: false }).metadata().catch(fail)
  if (width * height > mostPixels)
    throw new DataError(
      `${file}: has ${width}x${height} pixels, more than the ${mostPixels} that are read; make it smaller first`,
    )
  const turned = sharp(bytes, { failOn: 'error', limitInputPixels: mostPixels }).autoOrient()
  const coloured = alpha
    ? turned.toColourspace('srgb').ensureAlpha()
    : turned.flatten({ background: '#000' }).toColourspace('srgb').removeAlpha()
  const { data, info } = await coloured.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true }).catch(fail)
  return { width: info.width, height: info.height, data }
}

const formats = { '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' } as const

/**
 * Writes RGB or RGBA pixels as a picture file, in the format that its name asks for.
 * @throws ConfigError for another name; DataError when it cannot be written
 */
export async function writePicture(file: string, { width, height, data }: WholePicture): Promise<void> {
  const extension = extname(file).toLowerCase()
  if (!(extension in formats))
    throw new ConfigError(
      `${file}: expected a name that ends in ${Object.keys(formats).join(', ')}, got ${extension || 'none'}`,
    )
  const sharp = await decoder()
  const channels = data.length === 4 * width * height ? 4 : 3
  const picture = sharp(data, { raw: { width, height, channels } })
  const bytes = await picture.toFormat(formats[extension as keyof typeof formats]).toBuffer()
  await writeFile(file, bytes).catch((error: unknown) => {
    throw fileError(file, 'cannot be written', error)
  })
}
