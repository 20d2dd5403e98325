/** Picture files that a browser decodes. */
import type { PictureSource, PixelPicture } from '../../data/picture/picture.js'
import { pixelsOf } from '../../inference/picture.js'
import { DataError } from '../../util/errors.js'
import { bytesOf, isBlob } from '../../util/expect.js'
import { fetchBytes } from './fetch.js'

/**
 * Decodes a picture file to 8-bit RGBA.
 * @throws DataError naming the picture when it cannot be fetched or decoded
 */
export async function readPicture(
  source: PictureSource,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<PixelPicture> {
  const blob = isBlob(source)
  const name = blob
    ? nameOf(source)
    : typeof source === 'string'
      ? source
      : 'href' in source
        ? source.href
        : 'the picture'
  const bytes = blob ? undefined : (bytesOf(source) ?? (await fetchBytes(String(source), signal)))
  try {
    return pixelsOf(await createImageBitmap(blob ? source : new Blob([bytes as Uint8Array<ArrayBuffer>])), name)
  } catch (error) {
    if (error instanceof DataError) throw error
    const own = await ownPicture(bytes ?? new Uint8Array(await (source as Blob).arrayBuffer()), name)
    if (own) return own
    throw new DataError(`${name}: is no picture that this browser can decode; save it as PNG or JPEG`, { cause: error })
  }
}

/** A picture that no browser decodes, but this package does. */
async function ownPicture(bytes: Uint8Array, name: string): Promise<PixelPicture | undefined> {
  const { openOwn } = await import('../../data/picture/own.js') // most pages read no such picture
  try {
    const own = openOwn(bytes)
    if (own && own.width * own.height > MOST_PIXELS)
      throw new DataError(`has ${own.width}x${own.height} pixels, too many for a page; make it smaller first`)
    return own?.decode()
  } catch (error) {
    if (error instanceof DataError) throw new DataError(`${name}: ${error.message}`, { cause: error })
    throw error
  }
}

const MOST_PIXELS = 1 << 26

const nameOf = (blob: Blob) => ('name' in blob && typeof blob.name === 'string' ? blob.name : 'the picture')
