/** Files are known by their first bytes, whatever they are called; what is no picture that can be read is named in a line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { reasonOf } from '../../../src/data/picture/decode.node.js'
import { fileKind } from '../../../src/data/picture/format.js'
import { openedData, readPicture } from '../../../src/internal.node.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet formats '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const put = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const square = (red = 0x33) =>
  sharp({ create: { width: 20, height: 12, channels: 3, background: { r: red, g: 0x66, b: 0xcc } } })
const refusal = (file: string) =>
  readPicture(file).then(String, (error: Error) => error.message.slice(folder.length + 1))

describe('pictures of pixels', () => {
  test.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)('%s is read under any name', async (format) => {
    const file = put(`${format}.txt`, await square().toFormat(format).toBuffer())
    expect(await readPicture(file)).toMatchObject({ width: 20, height: 12, data: { length: 720 } })
    expect(await readPicture(file, { channels: 'exact' })).toMatchObject({ width: 20, height: 12 })
  })

  test('of one pixel, and of one frame of several', async () => {
    const one = await sharp(Uint8Array.of(9, 8, 7), { raw: { width: 1, height: 1, channels: 3 } })
      .png()
      .toBuffer()
    expect([...(await readPicture(put('one.png', one))).data]).toEqual([9, 8, 7])
    const frames = sharp(new Uint8Array(3 * 4 * 8), { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } })
    expect(await readPicture(put('film.gif', await frames.gif().toBuffer()))).toMatchObject({ width: 4, height: 4 })
  })

  test.each(['png', 'jpeg', 'webp', 'gif', 'tiff', 'avif'] as const)(
    '%s cut short is said in one line',
    async (format) => {
      const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
      const whole = await sharp({ create: { width: 90, height: 90, channels: 3, background: '#000', noise } })
        .toFormat(format)
        .toBuffer()
      const file = put(`cut.${format}`, whole.subarray(0, whole.length >> 1))
      expect(await refusal(file)).toMatch(/^cut\.\w+: is no picture that can be read: [^\n]+$/)
    },
  )
})

/** An SVG that a renderer would work on for long. */
const svg =
  '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'
const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))
const others: readonly (readonly [string, string, string])[] = [
  ['an SVG', svg, 'is an SVG drawing, which cannot be read as a picture; save it as PNG or JPEG'],
  ['an SVG with a byte order mark', `\xef\xbb\xbf  ${svg}`, 'is an SVG drawing'],
  ['an SVG in 16 bits', `\xff\xfe${[...svg].join('\0')}\0`, 'is an SVG drawing'],
  ['a PDF', '%PDF-1.7\n', 'is a PDF document'],
  ['a BMP without pixels', 'BM\x36\x24\0\0', 'is a BMP picture that is cut short'],
  [
    'a PPM without pixels',
    'P6\n4 4\n255\n',
    'is a picture of Netpbm that is cut short, at 4x4 pixels of values up to 255',
  ],
  ['PAM', 'P7\nWIDTH 4\n', 'is a picture of Netpbm (PAM), which cannot be read as a picture; save it as PNG'],
  [
    'HDF5',
    '\x89HDF\r\n\x1a\n',
    'is an HDF5 file, such as Keras and MATLAB save, which cannot be read as a picture; name a picture',
  ],
  ['ONNX', '\x08\x07\x12\x07pytorch', 'is an ONNX network, which cannot be read as a picture; name a picture'],
  [
    'JPEG 2000',
    '\xffO\xffQ',
    'is a JPEG 2000 picture, which cannot be read as a picture; save it as PNG, for example by opj',
  ],
  ['a web page', '<!DOCTYPE html><html>', 'is a web page (HTML), which cannot be read as a picture; download'],
  ['XML', '<?xml version="1.0"?><a/>', 'is an XML document'],
  ['gzip', '\x1f\x8b\x08', 'is a gzip archive, which cannot be read as a picture; unpack it first'],
  ['zip', 'PK\x03\x04', 'is a zip archive'],
  ['a pointer', 'version https://git-lfs.github.com/spec/v1\n', 'is a pointer of git LFS in place of the file'],
  [
    'HEIC',
    '\0\0\0\x18ftypheic\0\0\0\0mif1heic',
    'is a HEIC picture, which cannot be read as a picture; save it as JPEG (a phone does so with the setting',
  ],
  ['a film', '\0\0\0\x14ftypisom\0\0\0\0isom', 'is a film'],
  ['JPEG XL', '\xff\x0a\0', 'is a JPEG XL picture'],
  [
    'a text',
    'just a text',
    'is no picture that can be read: expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP or PPM, got something else',
  ],
  ['nothing', '', 'is no picture that can be read: the file is empty'],
]

describe('what is no picture of pixels', () => {
  test.each(others)('%s', async (_, bytes, reason) => {
    const file = put('x.png', latin(bytes))
    const said = await refusal(file)
    expect(said).toContain(`x.png: ${reason}`)
    expect(said.split('\n')).toHaveLength(1)
    expect(await readPicture(file, { channels: 'exact' }).catch((error: Error) => error.message)).toContain(
      `x.png: ${reason}`,
    )
  })

  test('is refused in buffers too', async () => {
    const files = await Promise.all(
      ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'b/3'].map(async (name, i) => ({
        path: `m/${name}.png`,
        bytes: new Uint8Array(
          await square(10 * i)
            .png()
            .toBuffer(),
        ), // copies would be left out
      })),
    )
    files[1] = { path: 'm/a/2.png', bytes: latin(svg) }
    const { unreadable } = await openedData(files, { size: 8 })
    expect(unreadable).toEqual([
      { file: 'm/a/2.png', reason: 'is an SVG drawing, which cannot be read as a picture; save it as PNG or JPEG' },
    ])
  })

  test('a folder is one, and a picture of more bytes than are read', async () => {
    mkdirSync(join(folder, '0.png'))
    expect(await refusal(join(folder, '0.png'))).toBe('0.png: is a folder, a picture was expected')
    expect(await readPicture('/dev/zero').catch((error: Error) => error.message)).toBe(
      '/dev/zero: is no picture that can be read: expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP or PPM, got something else',
    )
  })

  test('a TIFF in Lab, which libvips answers in several lines', async () => {
    const [width, height] = [4, 4]
    const entries = [
      [256, width],
      [257, height],
      [258, 8],
      [259, 1],
      [262, 8], // CIE L*a*b*
      [273, 8 + 2 + 9 * 12 + 4],
      [277, 3],
      [278, height],
      [279, 3 * width * height],
    ] as const
    const bytes = new Uint8Array(8 + 2 + 9 * 12 + 4 + 3 * width * height).fill(70)
    const view = new DataView(bytes.buffer)
    bytes.set(latin('II*\0'))
    view.setUint32(4, 8, true)
    view.setUint16(8, entries.length, true)
    entries.forEach(([tag, value], i) => {
      const at = 10 + 12 * i
      view.setUint16(at, tag, true)
      view.setUint16(at + 2, 4, true)
      view.setUint32(at + 4, 1, true)
      view.setUint32(at + 8, value, true)
    })
    view.setUint32(10 + 12 * entries.length, 0, true)
    const said = await refusal(put('lab.tif', bytes))
    expect(said).toBe(
      'lab.tif: is a TIFF picture in the colour space Lab, which cannot be read; save it as PNG or JPEG',
    )
  })
})

test('a file is known by its first bytes', () => {
  expect(fileKind(latin('\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf'))).toEqual({ what: 'an AVIF picture', isRead: true })
  expect(fileKind(new Uint8Array(0))).toBeUndefined()
})

test('reasons of several lines become one, each said once', () => {
  expect(reasonOf(new Error('corrupt header: bad format\n\n bad format\nno more'))).toBe(
    'corrupt header: bad format; no more',
  )
  expect(reasonOf(new Error('timeout: 12% complete'))).toBe('decoding it took more than 120 seconds')
})
