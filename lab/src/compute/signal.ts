/** A picture after many untrained layers, plain and with shortcuts. */
import type { BlockSpec, LayerPath, NetworkSpec } from '../../../src/internal.js'
import type { OpenEngine } from './engine.js'
import type { Library } from './library.js'

export interface SignalSettings {
  /** Factor of He initialisation's deviation. */
  readonly gain: number
  readonly norm: boolean
  readonly seed: number
}

/** The picture after the layers of one net. */
export interface SignalSeen {
  readonly kind: 'plain' | 'residual'
  /**
   * By layer: the share of the picture that a linear readout recovers, from 0 to 1, and the deviation of all values.
   */
  readonly depths: readonly { readonly layers: number; readonly likeness: number; readonly deviation: number }[]
  /** The readouts after some layers, as grey bytes. */
  readonly pictures: readonly { readonly layers: number; readonly grey: Uint8Array }[]
}

export const SIGNAL_SIDE = 64
const BLOCKS = 25
const SHOWN = [1, 11, 51]
const WIDTH = 16

export function signalCalls(library: Library, openEngine: OpenEngine) {
  return {
    /** @param rgb bytes [3][side][side] */
    'signal.look': async ({ rgb, settings }: { rgb: Uint8Array; settings: SignalSettings }): Promise<SignalSeen[]> => {
      const engine = await openEngine()
      const pictures = Float32Array.from(rgb, (byte) => (byte / 255 - 0.5) / 0.25)
      const light = luminance(rgb)
      if (moments(light).deviation === 0)
        throw new library.ConfigError(
          'signal: all of this picture is equally light, so there is nothing to recognise; open another one',
        )
      const seen: SignalSeen[] = []
      for (const kind of ['plain', 'residual'] as const) {
        const spec = specOf(kind, settings)
        const taps = ['stem', ...Array.from({ length: BLOCKS }, (_, i) => `stage1.block${i + 1}`)] as LayerPath[]
        const net = library.untrained(spec, { seed: settings.seed })
        const weights = new Map(
          [...net.weights].map(([path, { shape, data }]) => [
            path,
            { shape, data: path.includes('conv') ? data.map((value) => value * settings.gain) : data },
          ]),
        )
        const { activations } = await library.probe({ ...net, weights }, pictures, {
          engine,
          mode: settings.norm ? 'training' : 'inference',
          activations: taps,
        })
        const looks = taps.map((tap, i) => ({ layers: 1 + 2 * i, ...look(activations.get(tap)!.data, light) }))
        seen.push({
          kind,
          depths: looks.map(({ layers, likeness, deviation }) => ({ layers, likeness, deviation })),
          pictures: looks.filter(({ layers }) => SHOWN.includes(layers)).map(({ layers, grey }) => ({ layers, grey })),
        })
      }
      return seen
    },
  }
}

function specOf(kind: SignalSeen['kind'], { norm }: SignalSettings): NetworkSpec {
  const conv = { kind: 'conv', width: WIDTH, kernel: 3 } as const
  const block: BlockSpec = {
    branch: [conv, conv],
    stride: 1,
    strideIn: 0,
    order: 'post',
    shortcut: kind === 'plain' ? 'none' : 'pad',
    ...(norm ? {} : { norm }),
  }
  return {
    format: 1,
    name: `${kind} signal`,
    input: { channels: 3, height: SIGNAL_SIDE, width: SIGNAL_SIDE },
    stem: [conv, ...(norm ? [{ kind: 'norm' } as const] : []), { kind: 'relu' }],
    stages: [{ blocks: Array.from({ length: BLOCKS }, () => block) }],
    head: { kind: 'classifier', norm: false, classes: 2 },
  }
}

function luminance(rgb: Uint8Array): Float32Array {
  const area = rgb.length / 3
  return Float32Array.from(
    { length: area },
    (_, i) => 0.3 * rgb[i]! + 0.59 * rgb[area + i]! + 0.11 * rgb[2 * area + i]!,
  )
}

/**
 * A linear readout of the channels that recovers the picture's light pixel by pixel: its quality, and the readout
 * itself.
 */
function look(values: Float32Array, light: Float32Array) {
  const area = light.length
  const columns = Array.from({ length: values.length / area }, (_, c) => values.subarray(c * area, (c + 1) * area))
  const read = readout([...columns, new Float32Array(area).fill(1)], light)
  const { deviation } = moments(light)
  const missed = read.reduce((sum, value, i) => sum + (value - light[i]!) ** 2, 0) / area
  const share = 1 - missed / deviation ** 2
  return {
    likeness: Number.isFinite(share) ? Math.max(0, share) : 0,
    deviation: moments(values).deviation,
    grey: Uint8Array.from(read, (value) => Math.max(0, Math.min(255, value))),
  }
}

/** The weighted sum of columns nearest to the target, by least squares with a little damping. */
function readout(columns: readonly Float32Array[], target: Float32Array): Float32Array {
  const units = columns.map((column) => {
    const size = Math.sqrt(column.reduce((sum, value) => sum + value * value, 0) / column.length)
    return column.map((value) => (size > 0 && Number.isFinite(size) ? value / size : 0))
  })
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  const rows = units.map((a, i) => [
    ...units.map((b, j) => dot(a, b) + (i === j ? 1e-3 * target.length : 0)),
    dot(a, target),
  ])
  // Gauss-Jordan elimination. Damping makes the matrix positive definite.
  rows.forEach((pivot, i) => {
    for (const row of rows) {
      if (row === pivot) continue
      const factor = row[i]! / pivot[i]!
      for (let c = i; c < row.length; c++) row[c] = row[c]! - factor * pivot[c]!
    }
  })
  const weights = rows.map((row, i) => row.at(-1)! / row[i]!)
  return target.map((_, k) => units.reduce((sum, unit, i) => sum + weights[i]! * unit[k]!, 0))
}

function moments(values: Float32Array): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, deviation: Math.sqrt(variance) }
}
