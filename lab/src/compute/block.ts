/** One residual block on four numbers, computed by the library: values forward, gradients backward. */
import type { BlockSpec, GateSpec, LayerPath, NetworkSpec, Order, Shortcut } from '../../../src/internal.js'
import type { OpenEngine } from './engine.js'
import type { Library } from './library.js'

export interface BlockSettings {
  /** Weights of the two layers of the branch. */
  readonly w1: number
  readonly w2: number
  /** Scale of the last norm, if there are norms. */
  readonly scale: number
  readonly norm: boolean
  readonly order: Order
  readonly shortcut: Shortcut
  /** Whether the block has two channels and its input one. */
  readonly wider: boolean
  /** Weight of a projection. */
  readonly ws: number
  /** Its weight is 0, so its openness depends on its bias alone, not on the input. */
  readonly gate?: GateSpec | undefined
  readonly input: readonly [number, number, number, number]
}

/** A result of the block, channel by channel, and the loss's gradient there. */
export interface Tap {
  readonly path: string
  readonly values: readonly number[]
  /** Gradients for a gradient of 1 at the block's output. */
  readonly gradients: readonly number[]
}

export interface BlockSeen {
  readonly taps: readonly Tap[]
  readonly input: Tap
  /** Largest difference of output and input over the values of the first channel. */
  readonly difference: number
  /** Largest absolute value of a second channel, which the input does not have. */
  readonly second?: number | undefined
}

const path = 'stage1.block1'

export function blockCalls(library: Library, openEngine: OpenEngine) {
  return {
    'block.look': async (settings: BlockSettings): Promise<BlockSeen> => {
      const spec = specOf(settings)
      const { preprocessing, weights } = library.untrained(spec)
      const set = new Map(weights)
      const fill = (name: string, values: (i: number) => number) => {
        const found = weights.get(name)
        if (found) set.set(name, { shape: found.shape, data: Float32Array.from(found.data, (_, i) => values(i)) })
      }
      const last = settings.order === 'pre' ? 'norm1' : 'norm2'
      fill(`${path}.conv1.weight`, () => settings.w1)
      fill(`${path}.conv2.weight`, () => settings.w2)
      fill(`${path}.shortcut.conv.weight`, () => settings.ws)
      fill(`${path}.gate.conv.weight`, () => 0)
      fill(`${path}.gate.conv.bias`, () => settings.gate?.bias ?? 0)
      if (settings.norm) fill(`${path}.${last}.scale`, () => settings.scale)
      // The classifier only makes the incoming gradient: the same for every value of the output.
      const channels = settings.wider ? 2 : 1
      fill('head.classifier.weight', (i) => (i < channels ? 1 : 0))
      fill('head.classifier.bias', () => 0)
      const taps = tapsOf(library, spec)
      const seen = await library.probe({ spec, preprocessing, weights: set }, Float32Array.from(settings.input), {
        engine: await openEngine(),
        mode: settings.norm ? 'training' : 'inference',
        labels: Int32Array.of(1),
        activations: taps,
        gradients: [...taps, 'pictures'],
      })
      const unit = seen.gradients.get(path)!.data[0]!
      const relative = (name: string) => Array.from(seen.gradients.get(name)!.data, (value) => value / unit)
      const tap = (name: string): Tap => ({
        path: name.slice(path.length + 1) || 'output',
        values: Array.from(seen.activations.get(name)!.data),
        gradients: relative(name),
      })
      const input: Tap = { path: 'input', values: settings.input, gradients: relative('pictures') }
      const output = seen.activations.get(path)!.data
      const first = output.length === 4 ? output : output.subarray(0, 4)
      const difference = Math.max(...settings.input.map((value, i) => Math.abs(value - first[i]!)))
      const second = output.length === 4 ? undefined : Math.max(...output.subarray(4).map(Math.abs))
      return { taps: taps.map(tap), input, difference, second }
    },
  }
}

function specOf({ norm, order, shortcut, wider, gate }: BlockSettings): NetworkSpec {
  const width = wider ? 2 : 1
  const conv = { kind: 'conv', width, kernel: 1 } as const
  const options = { ...(norm ? {} : { norm }), ...(gate ? { gate } : {}) }
  const block: BlockSpec = { branch: [conv, conv], stride: 1, strideIn: 0, order, shortcut, ...options }
  return {
    format: 1,
    name: 'block',
    input: { channels: 1, height: 2, width: 2 },
    stem: [],
    stages: [{ blocks: [block] }],
    head: { kind: 'classifier', norm: false, classes: 2 },
  }
}

/** The results of the block's layers, in the order of computation. */
function tapsOf(library: Library, spec: NetworkSpec): LayerPath[] {
  const names = library.complexity(spec).layers.map((layer) => layer.path)
  return [...new Set([...names.filter((name) => name.startsWith(`${path}.`)), path])] as LayerPath[]
}
