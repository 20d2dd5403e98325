/**
 * A picture file as the bytes of a small square: decoded, turned as the camera says, flattened on black, made RGB with
 * 8 bits, resized so that the shorter side fits, and cut to its centre. `sharp` decodes in its own threads.
 */
import { readFile } from 'node:fs/promises'
import { DataError } from '../util/errors.js'
import { fileError } from '../util/file-error.js'

/** Loaded when pictures are decoded: whoever has none needs no `sharp`, and does not wait for it. */
export async function decoder() {
  try {
    return (await import('sharp')).default
  } catch (error) {
    throw new DataError(
      'sharp, which decodes pictures, cannot be loaded here; install it with: npm install --include=optional sharp',
      { cause: error },
    )
  }
}

/** Changes whenever other bytes may come out: pictures that were kept are then decoded again. */
export async function decoderVersion(): Promise<string> {
  const { versions } = await decoder()
  return `1, sharp ${versions.sharp ?? ''}, libvips ${versions.vips}`
}

/**
 * Pixels that one picture may unpack to: far beyond any photograph, but no file of a few bytes may fill the memory.
 * That is 16384 along each side of a square.
 */
export const MOST_PIXELS = 1 << 28

/**
 * The bytes [3][side][side] of a picture. Of an animation it is the first frame.
 * @throws Error with a reason of one line when the file cannot be read or is no picture.
 */
export async function decodePicture(file: string, side: number): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(file, 'cannot be read', error)
  })
  const data = await rgb(bytes, side).catch((error: unknown) => {
    throw new Error(reasonOf(error))
  })
  const area = side * side
  const planes = new Uint8Array(3 * area)
  for (let i = 0, from = 0; i < area; i++, from += 3) {
    planes[i] = data[from]!
    planes[i + area] = data[from + 1]!
    planes[i + 2 * area] = data[from + 2]!
  }
  return planes
}

/** Why a picture could not be decoded. Where several fail at once, libvips may lose the reason. */
export function reasonOf(error: unknown): string {
  const { message } = error as Error
  return message === 'Unknown error' ? 'the picture is damaged or cut short' : message
}

/** Pixels along the shorter side of a picture; undefined where it cannot be read. */
export async function shorterSide(file: string): Promise<number | undefined> {
  const sharp = await decoder()
  const size = await readFile(file)
    .then((bytes) => sharp(bytes, { limitInputPixels: MOST_PIXELS }).metadata())
    .catch(() => undefined)
  return size && Math.min(size.width, size.height)
}

/** [side][side][3]. From bytes, not from a path: libvips remembers what it read from a path, also where the file has changed. */
async function rgb(bytes: Uint8Array, side: number): Promise<Uint8Array> {
  const sharp = await decoder()
  return sharp(bytes, { failOn: 'error', limitInputPixels: MOST_PIXELS })
    .autoOrient()
    .flatten({ background: '#000' })
    .resize(side, side, { fit: 'cover', position: 'centre', kernel: 'linear' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer()
}
