/**
 * Decodes pictures of Netpbm: PBM (black and white), PGM (grey) and PPM (colours), in bytes or in digits, with 8 or 16
 * bits. Values are scaled so that the largest one is white. [netpbm.sourceforge.net describes the formats]
 */
import { DataError } from '../../util/errors.js'
import type { OwnPicture } from './picture.js'

const CUT = 'is a picture of Netpbm that is cut short'
const DAMAGED = 'is a damaged picture of Netpbm'
/** The most digits of a number, and the largest value of a channel. */
const [DIGITS, MOST] = [9, 65535]

const isBlank = (byte: number | undefined) => byte === 0x20 || (byte !== undefined && byte >= 9 && byte <= 13)

/** Reads numbers in digits between blanks and comments. */
class Reader {
  at = 2
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Skips blanks, and comments from `#` to the end of their line. */
  skip(): void {
    for (; ; this.at++) {
      if (this.#bytes[this.at] === 0x23) while (this.at < this.#bytes.length && this.#bytes[this.at] !== 0x0a) this.at++
      if (!isBlank(this.#bytes[this.at])) return
    }
  }

  number(): number {
    this.skip()
    if (this.at >= this.#bytes.length) throw new DataError(CUT)
    let value = 0
    let digits = 0
    for (; digits <= DIGITS; digits++, this.at++) {
      const digit = this.#bytes[this.at]! - 0x30
      if (!(digit >= 0 && digit <= 9)) break
      value = 10 * value + digit
    }
    if (digits === 0 || digits > DIGITS) throw new DataError(`${DAMAGED}: a number was expected at byte ${this.at}`)
    return value
  }

  /** A digit 0 or 1, which needs no blank behind it. */
  bit(): number {
    this.skip()
    const digit = this.#bytes[this.at++]
    if (digit === undefined) throw new DataError(CUT)
    if (digit !== 0x30 && digit !== 0x31) throw new DataError(`${DAMAGED}: 0 or 1 was expected at byte ${this.at - 1}`)
    return digit - 0x30
  }
}

/** @throws DataError with the reason, without a name, if the header cannot be understood */
export function openNetpbm(bytes: Uint8Array): OwnPicture {
  const kind = bytes[1]! - 0x30
  const reader = new Reader(bytes)
  const width = reader.number()
  const height = reader.number()
  const isBits = kind === 1 || kind === 4
  const most = isBits ? 1 : reader.number()
  if (width < 1 || height < 1 || most < 1 || most > MOST)
    throw new DataError(`${DAMAGED}: ${width}x${height} pixels of values up to ${most}`)
  const channels = kind === 3 || kind === 6 ? 3 : 1
  const count = width * height * channels
  const isDeep = most > 255
  const begin = reader.at + 1 // one blank ends the header
  const bytesNeeded = kind === 4 ? height * Math.ceil(width / 8) : kind >= 5 ? count * (isDeep ? 2 : 1) : count
  if (begin + bytesNeeded > bytes.length + (kind < 4 ? 1 : 0))
    throw new DataError(`${CUT}, at ${width}x${height} pixels of values up to ${most}`)
  const space = channels === 3 ? (isDeep ? 'rgb16' : 'srgb') : isDeep ? 'grey16' : 'b-w'
  const decode = () => {
    const data = isDeep ? new Uint16Array(count) : new Uint8Array(count)
    const white = isDeep ? 65535 : 255
    const put = (i: number, value: number) => {
      if (value > most) throw new DataError(`${DAMAGED}: it has the value ${value}, and ${most} is the largest`)
      data[i] = value === most ? white : most === white ? value : Math.round((value * white) / most)
    }
    if (kind === 1) for (let i = 0; i < count; i++) data[i] = 255 * (1 - reader.bit())
    else if (kind < 4) for (let i = 0; i < count; i++) put(i, reader.number())
    else if (kind === 4) {
      const stride = Math.ceil(width / 8)
      for (let i = 0; i < count; i++) {
        const x = i % width
        const byte = bytes[begin + Math.floor(i / width) * stride + (x >> 3)]!
        data[i] = (byte >> (7 - (x & 7))) & 1 ? 0 : 255
      }
    } else if (isDeep) for (let i = 0, at = begin; i < count; i++, at += 2) put(i, 256 * bytes[at]! + bytes[at + 1]!)
    else for (let i = 0; i < count; i++) put(i, bytes[begin + i]!)
    return { width, height, data }
  }
  return { width, height, space, isDeep, decode }
}
