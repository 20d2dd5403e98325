/** Draws the ratios of a bench as a self-contained SVG: one bar per result, and a line for the peer. */
import { machineLine } from './report.js'
import type { BenchReport, BenchResult } from './result.js'

const WIDTH = 760
const ROW = 22
const TOP = 64
const LEFT = 330
const RIGHT = 60

/** @returns undefined if no result has a ratio */
export function ratioChart(title: string, { machine, results }: BenchReport): string | undefined {
  const shown = results.filter(
    (result): result is BenchResult & { ratio: number; peer: string } => result.ratio !== null,
  )
  if (shown.length === 0) return undefined
  const most = Math.max(1, ...shown.map(({ ratio }) => ratio))
  const x = (ratio: number) => LEFT + (ratio / most) * (WIDTH - LEFT - RIGHT)
  const height = TOP + shown.length * ROW + 12
  const less = shown.every(({ unit }) => unit === 'MB')
  const bars = shown.flatMap(({ name, peer, ratio }, i) => {
    const y = TOP + i * ROW
    return [
      `<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end">${plain(shortened(`${name} / ${peer}`))}</text>`,
      `<rect x="${LEFT}" y="${y + 4}" width="${(x(ratio) - LEFT).toFixed(1)}" height="${ROW - 8}" class="bar"/>`,
      `<text x="${(x(ratio) + 6).toFixed(1)}" y="${y + 15}">${ratio.toFixed(2)}x</text>`,
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${plain(title)}</title>`,
    `<style>${style}</style>`,
    `<rect width="${WIDTH}" height="${height}" class="ground"/>`,
    `<text x="12" y="22" class="title">${plain(title)}</text>`,
    `<text x="12" y="40">Times the peer’s ${less ? 'memory: less is better' : 'rate: more is better'}. The line is the peer.</text>`,
    `<text x="12" y="56" class="soft">${plain(machineLine(machine))}</text>`,
    ...bars,
    `<line x1="${x(1).toFixed(1)}" x2="${x(1).toFixed(1)}" y1="${TOP}" y2="${height - 10}" class="peer"/>`,
    '</svg>',
    '',
  ].join('\n')
}

/** Shortens a label to the room beside the bars. It keeps the beginning (the network) and the end (the peer). */
function shortened(text: string): string {
  return text.length <= 52 ? text : `${text.slice(0, 24)}…${text.slice(-27)}`
}

/** Escapes text for XML. */
function plain(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Blue and orange of Okabe and Ito's palette, on a light background in every viewer. */
const style = `
text { font: 12px system-ui, sans-serif; fill: #1b1d21; }
.title { font-size: 16px; font-weight: 600; }
.soft { fill: #5d626b; font-size: 11px; }
.ground { fill: #fdfdfb; }
.bar { fill: #0067a5; }
.peer { stroke: #c04e00; stroke-width: 2; }
`
