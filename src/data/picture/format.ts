/**
 * The format of a file by its first bytes, because a name can say anything. Known picture formats go to a decoder.
 * Other files are refused before a decoder spends a minute on an SVG, or memory on something else.
 */

import { strangeFile } from '../../util/file-kind.js'
import { isNetpbm } from './own.js'

/** A format, and whether it can be read. */
export interface FileKind {
  /** For example `a PNG picture`. */
  readonly what: string
  /** Whether it is a pixel format that can be decoded. */
  readonly isRead: boolean
  /** The remedy if it cannot be read. */
  readonly remedy?: string
}

/** The formats that are decoded in Node. Browsers read others. */
export const readFormats = 'PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP or PPM'

const SAVE = 'save it as PNG or JPEG'
const JP2 = 'save it as PNG, for example by opj_decompress -i FILE -o FILE.png'
const HEIC = 'save it as JPEG (a phone does so with the setting Most Compatible of its camera)'

const read = (name: string): FileKind => ({ what: `${name === 'AVIF' ? 'an' : 'a'} ${name} picture`, isRead: true })
const other = (what: string, remedy = SAVE): FileKind => ({ what, isRead: false, remedy })

/** The first bytes of a file, as text with one letter per byte. */
const starts: readonly (readonly [string, FileKind])[] = [
  ['\x89PNG\r\n\x1a\n', read('PNG')],
  ['\xff\xd8\xff', read('JPEG')],
  ['GIF87a', read('GIF')],
  ['GIF89a', read('GIF')],
  ['II*\0', read('TIFF')],
  ['MM\0*', read('TIFF')],
  ['II+\0', read('TIFF')],
  ['MM\0+', read('TIFF')],
  ['BM', read('BMP')],
  ['%PDF-', other('a PDF document')],
  ['%!PS', other('a PostScript document')],
  ['8BPS', other('a Photoshop document')],
  ['\xff\x0a', other('a JPEG XL picture')],
  ['\0\0\0\x0cJXL ', other('a JPEG XL picture')],
  ['\0\0\0\x0cjP  ', other('a JPEG 2000 picture', JP2)],
  ['\xffO\xffQ', other('a JPEG 2000 picture', JP2)],
  ['\0\0\x01\0', other('an icon (ICO)')],
  ['v/1\x01', other('an OpenEXR picture')],
]

/** Brands of HEIF containers: those coded as AV1, and those coded as HEVC, which cannot be read. */
const [AV1, HEVC] = [/^(avif|avis)$/, /^(heic|heix|hevc|hevx|heim|heis)$/]

/** Number of bytes that are checked. */
const LOOKED_AT = 4096

/** The format of bytes; undefined if it is not known or there are no bytes. */
export function fileKind(bytes: Uint8Array): FileKind | undefined {
  const start = latin(bytes, 0, LOOKED_AT)
  const known = starts.find(([magic]) => start.startsWith(magic))?.[1]
  if (known) return known
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return read('WebP')
  if (start.slice(4, 8) === 'ftyp') return container(bytes)
  if (isNetpbm(bytes)) return { what: 'a picture of Netpbm (PBM, PGM, PPM)', isRead: true }
  if (/^P7\s/.test(start)) return other('a picture of Netpbm (PAM)')
  const drawing = markup(start)
  if (drawing) return drawing
  const strange = strangeFile(bytes)
  return (
    strange &&
    other(
      strange.what,
      strange.what.includes('git LFS') || strange.remedy === 'unpack it first' ? strange.remedy : 'name a picture',
    )
  )
}

function container(bytes: Uint8Array): FileKind {
  const length = Math.min(
    latin(bytes, 0, 4)
      .split('')
      .reduce((sum, letter) => sum * 256 + letter.charCodeAt(0), 0),
    256,
  )
  const brands = [8, ...Array.from({ length: Math.max(0, (length - 16) >> 2) }, (_, i) => 16 + 4 * i)]
  const named = brands.map((at) => latin(bytes, at, at + 4))
  if (named.some((brand) => AV1.test(brand))) return read('AVIF')
  if (named.some((brand) => HEVC.test(brand))) return other('a HEIC picture', HEIC)
  return named.some((brand) => /^(mif1|msf1)$/.test(brand))
    ? read('HEIF')
    : other('a film', 'save a frame of it as PNG')
}

/** Recognises text formats by their first tag. */
function markup(start: string): FileKind | undefined {
  const text = start.replace(/^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '').replaceAll('\0', '')
  if (!/^\s*</.test(text)) return undefined
  if (/<([\w-]+:)?svg[\s>]/i.test(text)) return other('an SVG drawing')
  if (/<(!doctype html|html)/i.test(text)) return other('a web page (HTML)', 'download the picture itself')
  return other('an XML document')
}

function latin(bytes: Uint8Array, from: number, to: number): string {
  return Array.from(bytes.subarray(from, to), (byte) => String.fromCharCode(byte)).join('')
}

/**
 * The reason why bytes are not given to a decoder; undefined for a picture that a decoder may try.
 * @returns text to follow the file's name and a colon
 */
export function refusalOf(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'is no picture that can be read: the file is empty'
  const known = fileKind(bytes)
  if (!known) return `is no picture that can be read: expected ${readFormats}, got something else`
  return known.isRead ? undefined : `is ${known.what}, which cannot be read as a picture; ${known.remedy}`
}

/** Whether a TIFF picture holds Lab colours, which libvips does not open. */
export function isLabTiff(bytes: Uint8Array): boolean {
  const start = latin(bytes, 0, 4)
  if (start !== 'II*\0' && start !== 'MM\0*') return false
  const little = start[0] === 'I'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fits = (at: number, length: number) => at + length <= bytes.length
  if (!fits(4, 4)) return false
  const directory = view.getUint32(4, little)
  if (!fits(directory, 2)) return false
  for (let i = 0; i < view.getUint16(directory, little); i++) {
    const entry = directory + 2 + 12 * i
    if (!fits(entry, 12)) return false
    if (view.getUint16(entry, little) === PHOTOMETRIC) return LAB.has(view.getUint16(entry + 8, little))
  }
  return false
}

/** The tag that says what a TIFF's numbers mean, and its values for Lab: of CIE, ICC and ITU. */
const PHOTOMETRIC = 262
const LAB = new Set([8, 9, 10])
