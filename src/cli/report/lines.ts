/** Draws lines against a number as SVG. Colours, dashes and labels at the ends make it readable without colour. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** One line. */
export interface DrawnLine {
  readonly name: string
  /** A CSS colour. */
  readonly colour: string
  readonly width: number
  /** In SVG's form: `6 4`, or `none`. */
  readonly dashes: string
  /** From left to right, with `low` and `high` if a range is known. */
  readonly points: readonly {
    readonly x: number
    readonly y: number
    readonly low?: number | undefined
    readonly high?: number | undefined
  }[]
}

export interface LinesOptions {
  /** A description for readers who do not see the figure. */
  readonly description: string
  readonly x: DrawnAxis
  readonly y: DrawnAxis
  /** Dotted horizontal lines with their names. */
  readonly levels?: readonly { readonly y: number; readonly name: string }[] | undefined
}

export interface DrawnAxis {
  /** The label of the x axis. The title of the figure and the unit describe the y axis. */
  readonly label?: string | undefined
  readonly domain: readonly [number, number]
  readonly log?: boolean | undefined
  readonly format: (value: number) => string
}

const WIDTH = 520
const HEIGHT = 340
const LABEL_HEIGHT = 17
const MARGIN = { left: 58, top: 14, bottom: 42 }
/** Room per letter for the name at the end of a line. */
const LETTER = 7.6
const LEAST_ROOM = 92

/** The lines as an SVG element with the class `chart`. */
export function drawLines(lines: readonly DrawnLine[], { description, x, y, levels = [] }: LinesOptions): string {
  const names = [...lines, ...levels].map(({ name }) => name)
  const room = Math.max(LEAST_ROOM, 16 + LETTER * Math.max(...names.map(({ length }) => length)))
  const ends = [...lines.map(({ points }) => points.at(-1)!.y), ...levels.map((level) => level.y)]
  const heights = labelHeights(ends, y)
  const marked = lines.some(({ points }) => points.length <= 30)
  const svg = Plot.plot({
    document: parseHTML('<!doctype html><html></html>').document,
    className: 'chart',
    width: WIDTH,
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: room,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    x: {
      domain: x.domain,
      label: x.label ?? null,
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 5,
      tickFormat: x.format,
      ...(x.log ? { type: 'log' } : {}),
    },
    y: {
      domain: y.domain,
      label: null,
      ticks: 5,
      tickFormat: y.format,
      grid: true,
      ...(y.log ? { type: 'log' } : {}),
    },
    marks: [
      ...levels.map((level) =>
        Plot.ruleY([level.y], { stroke: 'currentColor', strokeOpacity: 0.6, strokeDasharray: '1 4' }),
      ),
      ...lines.map(({ points, colour }) =>
        Plot.ruleX(
          points.filter(({ low, high }) => low !== undefined && high !== undefined && high > low),
          { x: 'x', y1: 'low', y2: 'high', stroke: colour, strokeWidth: 1.2, strokeOpacity: 0.65 },
        ),
      ),
      ...lines.map(({ points, colour, width, dashes }) =>
        Plot.line(points, {
          x: 'x',
          y: 'y',
          stroke: colour,
          strokeWidth: width,
          strokeDasharray: dashes,
        }),
      ),
      ...(marked
        ? lines
            .filter(({ points }) => points.some(({ low }) => low !== undefined) || points.length === 1)
            .map(({ points, colour }) => Plot.dot(points, { x: 'x', y: 'y', r: 2.4, fill: colour }))
        : []),
      ...[...lines, ...levels].map((line, i) =>
        Plot.text([line.name], {
          x: () => x.domain[1],
          y: () => heights[i]!,
          text: (name: string) => name,
          fill: 'colour' in line ? line.colour : 'currentColor',
          textAnchor: 'start',
          dx: 8,
          fontWeight: 'width' in line && line.width > 2 ? 700 : 400,
        }),
      ),
    ],
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', description)
  return svg.outerHTML
}

/** Positions of labels on the axis, chosen so that labels do not overlap. */
function labelHeights(ends: readonly number[], { domain, log }: DrawnAxis): number[] {
  const onAxis = log ? Math.log10 : (value: number) => value
  const back = log ? (value: number) => 10 ** value : (value: number) => value
  const [low, high] = domain.map(onAxis) as [number, number]
  const perPixel = (high - low) / (HEIGHT - MARGIN.top - MARGIN.bottom)
  const places = spread(
    ends.map((end) => onAxis(end) - low),
    LABEL_HEIGHT * perPixel,
  )
  const tooHigh = Math.max(0, Math.min(Math.max(...places) - (high - low), Math.min(...places)))
  return places.map((place) => back(place - tooHigh + low))
}

/** Moves values apart until neighbours differ by at least `gap`, keeping their order and staying at 0 or above. */
export function spread(values: readonly number[], gap: number): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const places = [...values]
  for (let round = 0; round < 100; round++)
    for (let k = 1; k < order.length; k++) {
      const [low, high] = [order[k - 1]!, order[k]!]
      const lacking = gap - (places[high]! - places[low]!)
      if (lacking > 1e-9) {
        places[low]! -= lacking / 2
        places[high]! += lacking / 2
      }
    }
  const lift = Math.max(0, -Math.min(...places))
  return places.map((place) => place + lift)
}
