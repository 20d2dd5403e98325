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
    throw new DataError(`${name}: is no picture that this browser can decode; save it as PNG or JPEG`, { cause: error })
  }
}

const nameOf = (blob: Blob) => ('name' in blob && typeof blob.name === 'string' ? blob.name : 'the picture')
