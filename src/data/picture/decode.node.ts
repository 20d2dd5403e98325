/**
 * Decodes a picture file to the bytes of a small square: rotated as the camera says, flattened on black, converted to
 * 8-bit RGB, resized so that the shorter side fits, and cropped to its centre. `sharp` decodes in its own threads. This
 * file also holds the rules for all decoding: a file's first bytes tell its format, and pixels and time have limits.
 */
import { open } from 'node:fs/promises'
import type { Metadata, Sharp } from 'sharp'
import { DataError } from '../../util/errors.js'
import { fileError } from '../../util/files/error.js'
import { isLabTiff, refusalOf } from './format.js'
import { openOwn } from './own.js'
import type { OwnPicture } from './picture.js'

/** Loads `sharp` on demand: code that decodes no pictures neither needs it nor waits for it. */
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

/** Changes whenever decoded bytes may change. Stored pictures are then decoded again. */
export async function decoderVersion(): Promise<string> {
  const { versions } = await decoder()
  return `2, sharp ${versions.sharp ?? ''}, libvips ${versions.vips}`
}

/**
 * The most pixels of a picture, 16384 along each side of a square: far more than any photograph, but too few for a
 * small file to fill the memory.
 */
export const MOST_PIXELS = 1 << 28

/** The most bytes of a picture file: without compression and with 16 bits, some 90 million pixels. */
const MOST_BYTES = 1 << 29
/** Bytes that are read first, and how many of them decide whether the file is a picture. */
const [FIRST_BYTES, KNOWN_BY] = [1 << 16, 4096]
/** The most seconds of decoding one picture, far more than the largest accepted pictures need. */
const MOST_SECONDS = 120

/**
 * Reads the bytes of a picture file. Stops as soon as it turns out not to be a picture.
 * @throws DataError naming the file if it cannot be read, is a folder, is far too large, or is not a picture by its
 * first bytes
 */
export async function readPictureFile(file: string): Promise<Uint8Array> {
  try {
    await using handle = await open(file)
    if ((await handle.stat()).isDirectory()) throw new DataError('is a folder, a picture was expected')
    const pieces: Uint8Array[] = []
    let [length, known] = [0, false]
    for (let ended = false; !ended; ) {
      const piece = new Uint8Array(Math.min(1 << 24, Math.max(FIRST_BYTES, length)))
      const { bytesRead } = await handle.read(piece, 0, piece.length)
      ended = bytesRead === 0
      pieces.push(piece.subarray(0, bytesRead))
      length += bytesRead
      // A pipe gives its first bytes in pieces of any length.
      if (!known && (ended || length >= KNOWN_BY)) expectPicture(Buffer.concat(pieces))
      known ||= length >= KNOWN_BY
      if (length > MOST_BYTES)
        throw new DataError(`has more than ${MOST_BYTES} bytes, too many for a picture; make it smaller first`)
    }
    return Buffer.concat(pieces)
  } catch (error) {
    if (error instanceof DataError) throw new DataError(`${file}: ${error.message}`, { cause: error })
    throw fileError(file, 'cannot be read', error)
  }
}

function expectPicture(bytes: Uint8Array): void {
  const refusal = refusalOf(bytes)
  if (refusal !== undefined) throw new DataError(refusal)
}

/** A picture that is about to be decoded, with the facts of its header. */
export interface OpenedPicture {
  readonly image: Sharp
  readonly metadata: Pick<Metadata, 'width' | 'height' | 'depth' | 'space'>
}

/**
 * Opens a picture from bytes, not from a path: libvips caches by path, even if the file has changed. Takes the first
 * frame or page.
 * @param file its name, at the start of every error
 * @throws DataError if this is not a picture, or has too many pixels
 */
export async function openPicture(bytes: Uint8Array, file: string, mostPixels = MOST_PIXELS): Promise<OpenedPicture> {
  const sharp = await decoder()
  return naming(file, bytes, async () => {
    expectPicture(bytes)
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const limits = { failOn: 'error', page: 0, pages: 1 } as const
    const own = openOwn(bytes)
    const metadata = own ? headerOf(own) : await sharp(buffer, { ...limits, limitInputPixels: false }).metadata()
    const { width, height } = metadata
    if (width * height > mostPixels)
      throw new DataError(
        `has ${width}x${height} pixels, more than the ${mostPixels} that are read; make it smaller first`,
      )
    if (own) return { image: await fromPixels(own), metadata }
    const image = sharp(buffer, { ...limits, limitInputPixels: mostPixels }).timeout({ seconds: MOST_SECONDS })
    return { image, metadata }
  })
}

const headerOf = ({ width, height, space, isDeep }: OwnPicture): OpenedPicture['metadata'] => ({
  width,
  height,
  space,
  depth: isDeep ? 'ushort' : 'uchar',
})

/** Hands pixels that were decoded here to `sharp`; 16 bits in a PNG, so that they are treated as those of files are. */
async function fromPixels(own: OwnPicture): Promise<Sharp> {
  const sharp = await decoder()
  const { width, height, data } = own.decode()
  const channels = (data.length / (width * height)) as 1 | 3 | 4
  const image = sharp(data as Uint8Array | Uint16Array, { raw: { width, height, channels }, limitInputPixels: false })
  if (!own.isDeep) return image
  const png = image.toColourspace(own.space).png({ compressionLevel: 0 })
  return sharp(await png.toBuffer(), { failOn: 'error', limitInputPixels: false })
}

/**
 * Runs work in which libvips may fail. Errors become one line that names the file.
 * @throws DataError
 */
export async function naming<T>(file: string, bytes: Uint8Array, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DataError) throw new DataError(`${file}: ${error.message}`, { cause: error })
    throw new DataError(
      isLabTiff(bytes)
        ? `${file}: is a TIFF picture in the colour space Lab, which cannot be read; save it as PNG or JPEG`
        : `${file}: is no picture that can be read: ${reasonOf(error)}`,
      { cause: error },
    )
  }
}

/**
 * Returns the bytes [3][side][side] of a picture, or of the first frame of an animation.
 * @throws DataError with a reason in one line if the file cannot be read or is not a picture
 */
export async function decodePicture(file: string, side: number): Promise<Uint8Array> {
  const bytes = await readPictureFile(file)
  const { image } = await openPicture(bytes, file)
  const data = await naming(file, bytes, () => rgb(image, side))
  const area = side * side
  const planes = new Uint8Array(3 * area)
  for (let i = 0, from = 0; i < area; i++, from += 3) {
    planes[i] = data[from]!
    planes[i + area] = data[from + 1]!
    planes[i + 2 * area] = data[from + 2]!
  }
  return planes
}

/** The reason why a picture could not be decoded, in one line. If several fail at once, libvips may lose it. */
export function reasonOf(error: unknown): string {
  const { message } = error as Error
  if (message === 'Unknown error') return 'the picture is damaged or cut short'
  if (message.startsWith('timeout: ')) return `decoding it took more than ${MOST_SECONDS} seconds`
  const lines = message.split('\n').map((line) => line.trim())
  return lines.filter((line, i) => line !== '' && !lines.slice(0, i).some((before) => before.includes(line))).join('; ')
}

/** Shorter side of a picture in pixels; undefined if it cannot be read. */
export async function shorterSide(file: string): Promise<number | undefined> {
  try {
    const { width, height } = (await openPicture(await readPictureFile(file), file)).metadata
    return Math.min(width, height)
  } catch {
    return undefined
  }
}

/** [side][side][3] */
async function rgb(image: Sharp, side: number): Promise<Uint8Array> {
  return image
    .autoOrient()
    .flatten({ background: '#000' })
    .resize(side, side, { fit: 'cover', position: 'centre', kernel: 'linear' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer()
}
