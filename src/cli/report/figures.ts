/** Draws the figures of studies: each kind as SVG with a title, and a sentence for readers who do not see it. */
import { deflateSync } from 'node:zlib'
import type {
  Axis,
  Bar,
  BarsFigure,
  Dash,
  Figure,
  LinesFigure,
  PicturesFigure,
  PixelMap,
  Series,
} from '../../internal.node.js'
import { numberText } from '../terminal/study-text.js'
import { type DrawnAxis, drawLines } from './lines.js'
import { plainText } from './page.js'

const dashes: Readonly<Record<Dash, string>> = { solid: 'none', dashed: '6 4', dotted: '1.5 4', 'dash-dot': '9 4 2 4' }

/** Draws a figure as HTML. */
export function drawFigure(figure: Figure): string {
  const { title, subtitle } = figure
  const drawn = figure.kind === 'lines' ? lines(figure) : figure.kind === 'bars' ? bars(figure) : pictures(figure)
  const wide = figure.kind === 'pictures' ? ' class="wide"' : ''
  return `<figure${wide}><figcaption><strong>${plainText(title)}</strong> ${plainText(subtitle)}</figcaption>${drawn}</figure>`
}

function lines({ title, x, y, series, levels }: LinesFigure): string {
  const shown = series.filter(({ points }) => points.length > 0)
  if (shown.length === 0) return '<p class="empty">Nothing was measured.</p>'
  const points = shown.flatMap((one) => one.points)
  const ends = shown.map((one) => `${one.name} ends at ${numberText(one.points.at(-1)!.y, y.unit)}`)
  const ys = [...points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y])]
  return drawLines(
    shown.map((one: Series) => ({
      name: one.name,
      colour: `var(--${one.tone})`,
      width: one.dash === undefined || one.dash === 'solid' ? 2.4 : 1.9,
      dashes: dashes[one.dash ?? 'solid'],
      points: one.points,
    })),
    {
      description: `${title}: against ${x.label}; ${ends.join(', ')}`,
      x: {
        label: x.label,
        ...axis(
          x,
          points.map((point) => point.x),
          false,
        ),
      },
      y: axis(y, [...ys, ...(levels ?? []).map((level) => level.y)], true),
      levels,
    },
  )
}

/** The domain of an axis, with some room above, and the text of its ticks. */
function axis({ log, unit, from, to }: Axis, values: readonly number[], room: boolean): DrawnAxis {
  const finite = values.filter((value) => Number.isFinite(value) && (!log || value > 0))
  const low = from ?? Math.min(...finite)
  const most = Math.max(...finite)
  const high = to ?? (room && !log ? most + 0.04 * (most - low) : most)
  const domain: readonly [number, number] = high > low ? [low, high] : [low, low + 1]
  return { domain, log, format: (value) => numberText(value, unit) }
}

const ROW = 26
const BARS_WIDTH = 520

function bars({ title, unit, bars: rows }: BarsFigure): string {
  const left = 12 + 7.4 * Math.max(...rows.map(({ name }) => name.length))
  const most = Math.max(1e-12, ...rows.flatMap(({ value, high, published }) => [value, high ?? 0, published ?? 0]))
  const x = (value: number) => left + (Math.max(0, value) / most) * (BARS_WIDTH - left - 74)
  const height = rows.length * ROW + 8
  const parts = rows.flatMap((bar, i) => barParts(bar, 4 + i * ROW, left, x, unit))
  const text = rows.map(({ name, value }) => `${name} ${numberText(value, unit)}`).join(', ')
  return `<svg class="chart" viewBox="0 0 ${BARS_WIDTH} ${height}" role="img" aria-label="${plainText(`${title}: ${text}`)}">${parts.join('')}</svg>`
}

function barParts(bar: Bar, top: number, left: number, x: (value: number) => number, unit: string): string[] {
  const { name, tone, value, low, high, published } = bar
  const middle = top + ROW / 2
  const end = Math.max(x(value), x(high ?? value), x(published ?? value))
  return [
    `<text x="${left - 8}" y="${middle + 5}" text-anchor="end" fill="currentColor">${plainText(name)}</text>`,
    `<rect x="${left}" y="${top + 5}" width="${(x(value) - left).toFixed(1)}" height="${ROW - 10}" fill="var(--${tone})"/>`,
    ...(low !== undefined && high !== undefined
      ? [
          `<line x1="${x(low).toFixed(1)}" x2="${x(high).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="currentColor" stroke-width="1.5"/>`,
        ]
      : []),
    ...(published === undefined
      ? []
      : [
          `<line x1="${x(published).toFixed(1)}" x2="${x(published).toFixed(1)}" y1="${top + 2}" y2="${top + ROW - 2}" stroke="currentColor" stroke-width="2" stroke-dasharray="3 2"/>`,
        ]),
    `<text x="${(end + 6).toFixed(1)}" y="${middle + 5}" fill="currentColor">${plainText(numberText(value, unit))}</text>`,
  ]
}

const CELL = 92
const GAP = 8
const NAME = 150

function pictures({ title, columns, rows }: PicturesFigure): string {
  const width = NAME + columns.length * (CELL + GAP)
  const height = 24 + rows.length * (CELL + GAP)
  const heads = columns.map(
    (column, i) =>
      `<text x="${NAME + i * (CELL + GAP) + CELL / 2}" y="16" text-anchor="middle" fill="currentColor">${plainText(column)}</text>`,
  )
  const cells = rows.flatMap(({ name, pictures: maps }, r) => {
    const y = 24 + r * (CELL + GAP)
    return [
      `<text x="${NAME - 10}" y="${y + CELL / 2 + 5}" text-anchor="end" fill="currentColor">${plainText(name)}</text>`,
      ...maps.map(
        (map, i) =>
          `<image x="${NAME + i * (CELL + GAP)}" y="${y}" width="${CELL}" height="${CELL}" style="image-rendering:pixelated" href="${pngAddress(map)}"/>`,
      ),
    ]
  })
  const text = `${title}: ${rows.map(({ name }) => name).join(', ')} by ${columns.join(', ')}`
  return `<div class="scroll"><svg class="chart pictures" viewBox="0 0 ${width} ${height}" style="width:${width}px;max-width:100%;min-width:${Math.min(width, 640)}px" role="img" aria-label="${plainText(text)}">${[...heads, ...cells].join('')}</svg></div>`
}

/** The picture as a data address with a PNG [RFC 2083]: eight bits, no filter. */
function pngAddress({ width, height, channels, pixels }: PixelMap): string {
  const stride = width * channels
  const raw = Buffer.alloc(height * (stride + 1))
  for (let y = 0; y < height; y++) raw.set(pixels.slice(y * stride, (y + 1) * stride), y * (stride + 1) + 1)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, channels === 3 ? 2 : 0], 8)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  const file = [signature, chunk('IHDR', header), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))]
  return `data:image/png;base64,${Buffer.concat(file).toString('base64')}`
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data])
  const whole = Buffer.alloc(body.length + 8)
  whole.writeUInt32BE(data.length, 0)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc(body), body.length + 4)
  return whole
}

/** CRC-32, bit by bit. It is fast enough, because pictures in reports are small. */
function crc(bytes: Uint8Array): number {
  let register = 0xffffffff
  for (const byte of bytes) {
    register ^= byte
    for (let bit = 0; bit < 8; bit++) register = (register >>> 1) ^ (register & 1 ? 0xedb88320 : 0)
  }
  return (register ^ 0xffffffff) >>> 0
}
