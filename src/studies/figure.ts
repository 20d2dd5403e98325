/** Figures as plain data: their content and meaning, not their look. Reports and other programs draw them. */

/** The kind of a thing. All figures show it in the same colour: plain nets, residual nets, and others in order. */
export type Tone = 'plain' | 'residual' | 'third' | 'fourth' | 'neutral'

/** How a line is dashed, to distinguish lines of one tone. */
export type Dash = 'solid' | 'dashed' | 'dotted' | 'dash-dot'

/** A point. `low` and `high` give the spread over several seeds. */
export interface Point {
  readonly x: number
  readonly y: number
  readonly low?: number | undefined
  readonly high?: number | undefined
}

/** A line of a figure. */
export interface Series {
  readonly name: string
  readonly tone: Tone
  readonly dash?: Dash | undefined
  readonly points: readonly Point[]
}

/** The quantity on an axis. */
export interface Axis {
  readonly label: string
  /** Whether the axis is logarithmic. All values must then be above 0. */
  readonly log?: boolean | undefined
  readonly unit?: string | undefined
  /** Limits of the axis; by default those of the data. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Lines against a number. */
export interface LinesFigure {
  readonly kind: 'lines'
  readonly title: string
  readonly subtitle: string
  readonly x: Axis
  readonly y: Axis
  readonly series: readonly Series[]
  /** Horizontal lines to compare with. */
  readonly levels?: readonly { readonly y: number; readonly name: string }[] | undefined
}

/** One bar of a figure. */
export interface Bar {
  readonly name: string
  readonly tone: Tone
  readonly value: number
  readonly low?: number | undefined
  readonly high?: number | undefined
  /** The published value, drawn as a tick beside the bar. */
  readonly published?: number | undefined
}

/** Bars from 0, one per item. */
export interface BarsFigure {
  readonly kind: 'bars'
  readonly title: string
  readonly subtitle: string
  readonly unit: string
  readonly bars: readonly Bar[]
}

/** Bytes of a picture, row by row: one per pixel (grey) or three (RGB). */
export interface PixelMap {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly pixels: readonly number[]
}

/** Pictures in rows. */
export interface PicturesFigure {
  readonly kind: 'pictures'
  readonly title: string
  readonly subtitle: string
  readonly columns: readonly string[]
  readonly rows: readonly { readonly name: string; readonly pictures: readonly PixelMap[] }[]
}

/** One figure of a report. */
export type Figure = LinesFigure | BarsFigure | PicturesFigure

/** The point of several seeds: mean, smallest and largest value. */
export function pointOf(x: number, values: readonly number[]): Point {
  const y = values.reduce((sum, value) => sum + value, 0) / values.length
  return values.length > 1 ? { x, y, low: Math.min(...values), high: Math.max(...values) } : { x, y }
}

/** Mean, smallest and largest value of several seeds, as parts of a bar. */
export function barOf(values: readonly number[]): Pick<Bar, 'value' | 'low' | 'high'> {
  const { y, low, high } = pointOf(0, values)
  return { value: y, low, high }
}

/** Numbers as grey pixels: the smallest is black, the largest white. */
export function greyMap(width: number, height: number, values: ArrayLike<number>): PixelMap {
  const list = Array.from(values)
  const low = Math.min(...list)
  const range = Math.max(...list) - low || 1
  return { width, height, channels: 1, pixels: list.map((value) => Math.round((255 * (value - low)) / range)) }
}
