/**
 * Draws the contact sheet of the built-in set as a PNG: ten classes with their names, twelve pictures each, enlarged.
 *
 *   npm run build && node scripts/contact-sheet.mjs [--out docs/images/builtin.png] [--size 16|32] [--seed N]
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { crc32, deflateSync } from 'node:zlib'
import { builtin } from '../dist/data/builtin/builtin.js'
import { writeAtomically } from '../dist/util/files/write.node.js'

const EXAMPLES = 12
const TILE = 64 // pixels of a tile on the sheet
const GAP = 6
const NAMES = 84 // room for the names, left of the tiles
const PAPER = 255
const INK = 40

/** A letter is 7 rows of 5 dots, each row a number whose highest of 5 bits is the leftmost dot. */
const letters = {
  a: [0, 0, 14, 1, 15, 17, 15],
  c: [0, 0, 14, 16, 16, 17, 14],
  e: [0, 0, 14, 17, 31, 16, 14],
  f: [6, 9, 8, 28, 8, 8, 8],
  g: [0, 15, 17, 17, 15, 1, 14],
  h: [16, 16, 22, 25, 17, 17, 17],
  i: [4, 0, 12, 4, 4, 4, 14],
  k: [16, 16, 18, 20, 24, 20, 18],
  m: [0, 0, 26, 21, 21, 17, 17],
  n: [0, 0, 22, 25, 17, 17, 17],
  o: [0, 0, 14, 17, 17, 17, 14],
  p: [0, 0, 30, 17, 30, 16, 16],
  r: [0, 0, 22, 25, 16, 16, 16],
  s: [0, 0, 14, 16, 14, 1, 30],
  t: [8, 8, 28, 8, 8, 9, 6],
  u: [0, 0, 17, 17, 17, 19, 13],
  w: [0, 0, 17, 17, 21, 21, 10],
  y: [0, 0, 17, 17, 15, 1, 14],
}

const { values: flags } = parseArgs({
  options: {
    out: { type: 'string', default: 'docs/images/builtin.png' },
    size: { type: 'string', default: '32' },
    seed: { type: 'string', default: '0' },
  },
})
const { test: pictures, classes } = builtin({
  size: Number(flags.size),
  seed: Number(flags.seed),
  train: 1,
  test: 10 * EXAMPLES,
})
const width = NAMES + EXAMPLES * (TILE + GAP) + GAP
const height = classes.length * (TILE + GAP) + GAP
const rgb = new Uint8Array(width * height * 3).fill(PAPER)

for (let label = 0; label < classes.length; label++) {
  const top = GAP + label * (TILE + GAP)
  write(classes[label], 2 * GAP, top + TILE / 2 - 7)
  for (let n = 0; n < EXAMPLES; n++) enlarge(n * classes.length + label, NAMES + GAP + n * (TILE + GAP), top)
}
mkdirSync(dirname(flags.out), { recursive: true })
await writeAtomically(flags.out, png(width, height, rgb))
console.log(`${flags.out}: ${classes.length} classes, ${EXAMPLES} pictures each, ${width}x${height}`)

/** Writes a word in dots of 2x2 pixels. */
function write(word, left, top) {
  for (let n = 0; n < word.length; n++)
    for (let row = 0; row < 14; row++)
      for (let column = 0; column < 10; column++)
        if ((letters[word[n]][row >> 1] >> (4 - (column >> 1))) & 1)
          rgb.fill(INK, ...span(left + 12 * n + column, top + row))
}

/** One picture as a tile; each pixel becomes a square. */
function enlarge(index, left, top) {
  const side = pictures.width
  for (let y = 0; y < TILE; y++)
    for (let x = 0; x < TILE; x++) {
      const from = Math.floor((y * side) / TILE) * side + Math.floor((x * side) / TILE)
      const [to] = span(left + x, top + y)
      for (let channel = 0; channel < 3; channel++)
        rgb[to + channel] = pictures.pixels[(index * 3 + channel) * side * side + from]
    }
}

/** First and last byte (not included) of a pixel of the sheet. */
function span(x, y) {
  const first = (y * width + x) * 3
  return [first, first + 3]
}

/** A PNG: header, one run of compressed rows, end. Rows are stored as differences: enlarged pictures repeat themselves. */
function png(columns, rows, pixels) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(columns, 0)
  header.writeUInt32BE(rows, 4)
  header.set([8, 2], 8) // 8 bits a channel, red green blue
  const stride = 3 * columns
  const lines = Buffer.alloc(rows * (stride + 1)) // each row begins with its filter
  for (let row = 0; row < rows; row++) {
    const line = pixels.subarray(row * stride, (row + 1) * stride)
    const above = pixels.subarray((row - 1) * stride, row * stride)
    const repeated = row > 0 && line.every((value, i) => value === above[i])
    const at = row * (stride + 1)
    lines[at] = repeated ? 2 : 1 // difference to the pixel above, or to the one on the left
    if (!repeated) for (let i = 0; i < stride; i++) lines[at + 1 + i] = line[i] - (i < 3 ? 0 : line[i - 3])
  }
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
