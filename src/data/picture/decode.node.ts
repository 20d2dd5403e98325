/**
 * A picture file as the bytes of a small square: decoded, turned as the camera says, flattened on black, made RGB with
 * 8 bits, resized so that the shorter side fits, and cut to its centre. `sharp` decodes in its own threads. What all
 * that decode have in common is here too: files are known by their first bytes, and pixels and time have a limit.
 */
import { open } from 'node:fs/promises'
import type { Metadata, Sharp } from 'sharp'
import { DataError } from '../../util/errors.js'
import { fileError } from '../../util/files/error.js'
import { isLabTiff, refusalOf } from './format.js'

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

/** Bytes that a picture file may have: with no compression and 16 bits, some 90 million pixels. */
const MOST_BYTES = 1 << 29
/** Bytes that are read at first, and how many of them tell whether the file is a picture at all. */
const [FIRST_BYTES, KNOWN_BY] = [1 << 16, 4096]
/** Seconds that decoding one picture may take: far more than the largest that are read need. */
const MOST_SECONDS = 120

/**
 * The bytes of a picture file; what turns out to be no picture is not read any further.
 * @throws DataError naming the file when it cannot be read, is a folder, is far too large, or is no picture by its first
 * bytes
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
        throw new DataError(
          `has more than ${MOST_BYTES} bytes, which no picture that is read has; make it smaller first`,
        )
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

/** A picture that is about to be decoded, and what its header says. */
export interface OpenedPicture {
  readonly image: Sharp
  readonly metadata: Metadata
}

/**
 * From bytes, not from a path: libvips remembers what it read from a path, also where the file has changed. Of an
 * animation or of several pages it is the first.
 * @param file its name, at the start of every error
 * @throws DataError when this is no picture, or one of more pixels than are read
 */
export async function openPicture(bytes: Uint8Array, file: string, mostPixels = MOST_PIXELS): Promise<OpenedPicture> {
  const sharp = await decoder()
  return naming(file, bytes, async () => {
    expectPicture(bytes)
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const limits = { failOn: 'error', page: 0, pages: 1 } as const
    const metadata = await sharp(buffer, { ...limits, limitInputPixels: false }).metadata()
    const { width, height } = metadata
    if (width * height > mostPixels)
      throw new DataError(
        `has ${width}x${height} pixels, more than the ${mostPixels} that are read; make it smaller first`,
      )
    const image = sharp(buffer, { ...limits, limitInputPixels: mostPixels }).timeout({ seconds: MOST_SECONDS })
    return { image, metadata }
  })
}

/**
 * Does what libvips may fail at; whatever goes wrong becomes an error of one line that names the file.
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
 * The bytes [3][side][side] of a picture. Of an animation it is the first frame.
 * @throws DataError with a reason of one line when the file cannot be read or is no picture.
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

/** Why a picture could not be decoded, in one line. Where several fail at once, libvips may lose the reason. */
export function reasonOf(error: unknown): string {
  const { message } = error as Error
  if (message === 'Unknown error') return 'the picture is damaged or cut short'
  if (message.startsWith('timeout: ')) return `decoding it took more than ${MOST_SECONDS} seconds`
  const lines = message.split('\n').map((line) => line.trim())
  return lines.filter((line, i) => line !== '' && !lines.slice(0, i).some((before) => before.includes(line))).join('; ')
}

/** Pixels along the shorter side of a picture; undefined where it cannot be read. */
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
