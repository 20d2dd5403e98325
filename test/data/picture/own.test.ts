/** BMP and Netpbm: the pictures that this package decodes itself, made here by their formats' rules. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openOwn } from '../../../src/data/picture/own.js'
import { readPicture } from '../../../src/internal.node.js'
import { folderWith } from '../folder/folders.js'
import { bmp } from './make-bmp.js'

const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

const [red, green, blue, white] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
] as const
const palette = [
  [0, 0, 255, 0],
  [0, 255, 0, 0],
  [255, 0, 0, 0],
  [255, 255, 255, 0],
].flat() // blue, green, red, unused
/** Two rows of two pixels. */
const square = [...red, ...green, ...blue, ...white]

test.each<[string, Uint8Array, readonly number[]]>([
  [
    '24 bits, from the bottom up',
    bmp({ width: 2, height: 2, bits: 24, body: [255, 0, 0, 255, 255, 255, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0] }),
    square,
  ],
  [
    '24 bits, from the top down',
    bmp({ width: 2, height: -2, bits: 24, body: [0, 0, 255, 0, 255, 0, 0, 0, 255, 0, 0, 255, 255, 255, 0, 0] }),
    square,
  ],
  ['8 bits', bmp({ width: 2, height: 2, bits: 8, palette, body: [2, 3, 0, 0, 0, 1, 0, 0] }), square],
  ['4 bits', bmp({ width: 2, height: 2, bits: 4, palette, body: [0x23, 0, 0, 0, 0x01, 0, 0, 0] }), square],
  [
    '1 bit',
    bmp({ width: 2, height: 1, bits: 1, palette: palette.slice(0, 8), body: [0x40, 0, 0, 0] }),
    [...red, ...green],
  ],
  [
    'RLE8',
    bmp({ width: 4, height: 2, bits: 8, coding: 1, palette, body: [2, 1, 0, 0, 0, 3, 2, 1, 0, 0, 1, 3, 0, 1] }),
    [...blue, ...green, ...red, ...white, ...green, ...green, ...red, ...red],
  ],
  ['16 bits', bmp({ width: 2, height: 1, bits: 16, body: [0x00, 0x7c, 0xe0, 0x03] }), [...red, ...green]],
  [
    '16 bits with masks',
    bmp({ width: 2, height: 1, bits: 16, coding: 3, masks: [0xf800, 0x07e0, 0x1f], body: [0x00, 0xf8, 0x1f, 0x00] }),
    [...red, ...blue],
  ],
  ['32 bits', bmp({ width: 1, height: 1, bits: 32, body: [3, 2, 1, 0] }), [1, 2, 3]],
  [
    '32 bits with alpha',
    bmp({ width: 1, height: 1, bits: 32, coding: 6, masks: [0xff, 0xff00, 0xff0000, 0xff000000], body: [1, 2, 3, 4] }),
    [1, 2, 3, 4],
  ],
  ['P6', Buffer.concat([latin('P6 # made by hand\n2 2\n255\n'), Uint8Array.from(square)]), square],
  ['P3', latin(`P3\n2 2 255\n${square.join(' ')}`), square],
  ['P5, of 15', Buffer.concat([latin('P5\n3 1\n15\n'), Uint8Array.of(0, 15, 5)]), [0, 255, 85]],
  ['P2', latin('P2\n#x\n2 1\n9\n0\n9'), [0, 255]],
  ['P1', latin('P1\n3 2\n010 1\n1 0'), [255, 0, 255, 0, 0, 255]],
  ['P4', Buffer.concat([latin('P4\n9 1\n'), Uint8Array.of(0x80, 0x80)]), [0, 255, 255, 255, 255, 255, 255, 255, 0]],
  [
    'P5 of 16 bits',
    Buffer.concat([latin('P5\n2 1\n65535\n'), Uint8Array.of(0x80, 0x01, 0xff, 0xff)]),
    [0x8001, 0xffff],
  ],
])('%s', async (_, bytes, pixels) => {
  const own = openOwn(bytes)!
  expect(Array.from(own.decode().data)).toEqual(pixels)
  const path = await folderWith({ 'x.dat': bytes })
  const exact = await readPicture(join(path, 'x.dat'), { channels: 'exact' })
  expect(Array.from(exact.data)).toEqual(pixels)
  const { data } = await readPicture(join(path, 'x.dat'))
  expect(data.length).toBe(3 * own.width * own.height)
})

test('16 bits become 8, grey becomes RGB', async () => {
  const path = await folderWith({
    'x.pgm': Buffer.concat([latin('P5\n2 1\n65535\n'), Uint8Array.of(0x80, 0, 0xff, 0xff)]),
  })
  expect(Array.from((await readPicture(join(path, 'x.pgm'))).data)).toEqual([128, 128, 128, 255, 255, 255])
})

test('a BMP that ends in its palette or its masks', () => {
  const whole = bmp({ width: 1, height: 1, bits: 8, palette, body: [0, 0, 0, 0] })
  const early = Buffer.from(whole.subarray(0, 60))
  early.writeUInt32LE(20, 10) // the pixels are said to lie in front
  expect(() => openOwn(early)!.decode()).toThrow('is a BMP picture that is cut short, in its palette')
  const masked = Buffer.from(bmp({ width: 1, height: 1, bits: 32, coding: 3, masks: [1], body: [] }))
  masked.writeUInt32LE(20, 10)
  expect(() => openOwn(masked)).toThrow('is a BMP picture that is cut short, in its masks')
})

describe('what is damaged is named', () => {
  test.each<[Uint8Array, string]>([
    [
      bmp({ width: 2, height: 2, bits: 24, body: [1, 2, 3] }),
      'is a BMP picture that is cut short, at 2x2 pixels of 24 bits',
    ],
    [bmp({ width: 0, height: 2, bits: 24, body: [] }), 'is a damaged BMP picture of 0x2 pixels'],
    [
      bmp({ width: 1, height: 1, bits: 4, coding: 2, body: [] }),
      'is a BMP picture of 4 bits in coding 2, which is not read',
    ],
    [
      bmp({ width: 30000, height: 30000, bits: 8, coding: 1, palette, body: [0, 1] }),
      'cut short, at 30000x30000 pixels of 8',
    ],
    [bmp({ width: 4, height: 3, bits: 8, coding: 1, palette, body: [4, 1] }), 'cut short, in its run-length codes'],
    [
      latin('BM\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0'),
      'is a damaged BMP picture: its header has 5 bytes',
    ],
    [latin('P5\n2 x'), 'is a damaged picture of Netpbm: a number was expected at byte 5'],
    [latin('P5\n2 2\n70000\n0000'), 'is a damaged picture of Netpbm: 2x2 pixels of values up to 70000'],
    [latin('P2\n2 1\n9\n0 12'), 'it has the value 12, and 9 is the largest'],
    [latin('P1\n2 1\n0 2'), '0 or 1 was expected at byte 9'],
    [latin('P6\n99999 99999\n255\n'), 'is a picture of Netpbm that is cut short, at 99999x99999'],
  ])('%#', async (bytes, message) => {
    const path = await folderWith({ 'x.png': bytes })
    await expect(readPicture(join(path, 'x.png'))).rejects.toThrow(message)
  })
})
