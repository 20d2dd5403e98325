/** Picture files as they are: all their channels, 8 or 16 bits, turned as the camera says; read and written. */
import { extname } from 'node:path'
import { DataError } from '../../util/errors.js'
import { expectFields, expectKind, kind, name, numbers, whole } from '../../util/expect.js'
import { fileError } from '../../util/files/error.js'
import { writeAtomically } from '../../util/files/write.node.js'
import type { Plane } from '../bicubic.js'
import { luminancePlane } from '../luminance-plane.js'
import { decoder, naming, openPicture, readPictureFile, reasonOf } from './decode.node.js'

/** Pixels row by row, channels side by side. */
export interface DecodedPicture {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array | Uint16Array
}

/** @throws DataError naming the file when it cannot be read or is no picture, or is one of more than 2^28 pixels */
export async function readLargePicture(path: string): Promise<DecodedPicture> {
  expectKind(path, 'readLargePicture: path', name)
  const bytes = await readPictureFile(path)
  const { image, metadata } = await openPicture(bytes, path)
  const { depth, space } = metadata
  const [deep, grey] = [depth === 'ushort', space === 'b-w' || space === 'grey16']
  const target = grey ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb'
  const { data, info } = await naming(path, bytes, () =>
    image
      .autoOrient()
      .toColourspace(target)
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true }),
  )
  const { width, height } = info
  // A copy: its numbers must begin at an even address.
  const own = Uint8Array.from(data)
  return { width, height, data: deep ? new Uint16Array(own.buffer) : own }
}

const pixelFields = { width: whole(1), height: whole(1), data: numbers }

/** @throws ConfigError, DataError for what is no picture of 1 to 4 channels */
function expectPixels(picture: unknown, who: string): void {
  expectFields(picture, who, 'pixels, { width, height, data }, such as readLargePicture() gives', pixelFields)
  const { width, height, data } = picture as { width: number; height: number; data: ArrayLike<number> }
  if (![1, 2, 3, 4].includes(data.length / (width * height)))
    throw new DataError(`${who}: expected ${width}x${height} pixels of 1 to 4 values, got ${data.length} values`)
}

/** Luminance in 8 bits, as PSNR and SSIM compare it; what shines through is black. */
export function luminanceOf(
  picture: Pick<DecodedPicture, 'width' | 'height'> & { readonly data: ArrayLike<number> & object },
): Plane<Uint8Array> {
  expectPixels(picture, 'luminanceOf: picture')
  const { width, height, data } = picture
  const pixels = width * height
  const given = data.length / pixels
  const unit = data instanceof Uint16Array ? 257 : 1
  const channels = given > 2 ? 3 : 1
  const bytes = new Float64Array(channels * pixels)
  for (let i = 0; i < pixels; i++) {
    const opaque = given % 2 === 0 ? data[i * given + given - 1]! / (255 * unit) : 1
    for (let k = 0; k < channels; k++) bytes[k * pixels + i] = (opaque * data[i * given + k]!) / unit
  }
  return luminancePlane(bytes, { channels, height, width })
}

const deepOrBytes = kind('a Uint8Array, Uint8ClampedArray or Uint16Array', (data) => {
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray || data instanceof Uint16Array
})
/** Formats by the ends of names, as sharp calls them. */
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

/**
 * Writes a picture with its channels and its depth; 16 bits as .png or .tif only. An older file is replaced in one move.
 * @throws DataError naming the file when it cannot be written, or when its name asks for no format that is known
 */
export async function writeLargePicture(
  path: string,
  picture: Pick<DecodedPicture, 'width' | 'height'> & { readonly data: Uint8Array | Uint8ClampedArray | Uint16Array },
): Promise<void> {
  expectKind(path, 'writeLargePicture: path', name)
  expectPixels(picture, 'writeLargePicture: picture')
  const { width, height, data } = picture
  expectKind(data, 'writeLargePicture: picture.data', deepOrBytes)
  const channels = (data.length / (width * height)) as 1 | 2 | 3 | 4
  const sharp = await decoder()
  const space = data instanceof Uint16Array ? (channels < 3 ? 'grey16' : 'rgb16') : channels < 3 ? 'b-w' : 'srgb'
  const format = formats[extname(path).toLowerCase() as keyof typeof formats]
  if (!format)
    throw new DataError(
      `${path}: cannot be written: expected a name that ends in ${Object.keys(formats).join(', ')}, got ${extname(path) || 'none'}`,
    )
  let bytes: Buffer
  try {
    const picture = sharp(data, { raw: { width, height, channels }, limitInputPixels: false }).toColourspace(space)
    bytes = await picture.toFormat(format).toBuffer()
  } catch (error) {
    throw fileError(path, 'cannot be written', new Error(reasonOf(error), { cause: error }))
  }
  await writeAtomically(path, bytes)
}
