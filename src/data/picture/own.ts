/** Pictures that this package decodes itself, because `sharp` does not read them: BMP and Netpbm. */
import { openBmp } from './bmp.js'
import { openNetpbm } from './netpbm.js'
import type { OwnPicture } from './picture.js'

/**
 * Opens a picture by its first bytes; undefined for all formats that other decoders read.
 * @throws DataError with the reason, without a name, for a damaged header
 */
export function openOwn(bytes: Uint8Array): OwnPicture | undefined {
  if (bytes[0] === 0x42 && bytes[1] === 0x4d) return openBmp(bytes)
  return isNetpbm(bytes) ? openNetpbm(bytes) : undefined
}

/** Whether bytes begin like PBM, PGM or PPM. */
export function isNetpbm(bytes: Uint8Array): boolean {
  const [letter, kind = 0, blank = 0] = bytes
  return (
    letter === 0x50 && kind >= 0x31 && kind <= 0x36 && (blank === 0x23 || blank === 0x20 || (blank >= 9 && blank <= 13))
  )
}
