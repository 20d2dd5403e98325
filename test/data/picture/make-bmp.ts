/** BMP pictures, made by the tests that read them. */

interface Bmp {
  readonly width: number
  readonly height: number
  readonly bits: number
  readonly coding?: number
  readonly palette?: readonly number[]
  readonly masks?: readonly number[]
  readonly body: readonly number[]
}

/** A BMP with the usual header of 40 bytes. */
export function bmp({ width, height, bits, coding = 0, palette = [], masks = [], body }: Bmp): Uint8Array {
  const bytes = Buffer.alloc(54 + 4 * masks.length + palette.length + body.length)
  bytes.write('BM')
  bytes.writeUInt32LE(bytes.length, 2)
  bytes.writeUInt32LE(bytes.length - body.length, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(width, 18)
  bytes.writeInt32LE(height, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(bits, 28)
  bytes.writeUInt32LE(coding, 30)
  bytes.writeUInt32LE(palette.length / 4, 46)
  masks.forEach((mask, i) => {
    bytes.writeUInt32LE(mask, 54 + 4 * i)
  })
  bytes.set(palette, 54 + 4 * masks.length)
  bytes.set(body, bytes.length - body.length)
  return bytes
}
