/** Picture files of all the forms in which programs hold them, decoded by `sharp`. */
import { fileURLToPath } from 'node:url'
import { decodeBytes, readPicture } from '../../data/picture/file.node.js'
import type { PictureSource, PixelPicture } from '../../data/picture/picture.js'
import type { DecodingOptions } from '../../inference/host.js'
import { bytesOf, isBlob, isUrl } from '../../util/expect.js'
import { fetchBytes } from './fetch.js'

/** @throws DataError naming the picture that cannot be read or decoded */
export async function readAnyPicture(
  source: PictureSource,
  { channels, signal }: DecodingOptions,
): Promise<PixelPicture> {
  const bytes = bytesOf(source)
  if (bytes) return decodeBytes(bytes, 'the picture', { channels })
  if (isBlob(source)) {
    const name = 'name' in source && typeof source.name === 'string' ? source.name : 'the picture'
    return decodeBytes(new Uint8Array(await source.arrayBuffer()), name, { channels })
  }
  if (typeof source === 'string' && !/^https?:/.test(source)) return readPicture(source, { channels })
  const address = isUrl(source) ? source.href : String(source)
  if (address.startsWith('file:')) return readPicture(fileURLToPath(address), { channels })
  return decodeBytes(await fetchBytes(address, signal), address, { channels })
}
