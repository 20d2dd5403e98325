/** Measures the gradient along each single path of a trained net. */
import type { BlockPath, NetworkSpec } from '../../../src/internal.js'
import type { Context } from './context.js'
import type { OpenEngine } from './engine.js'
import type { Library } from './library.js'

/** The gradients along all paths. Bit i of a path's number says whether it takes the branch of block i. */
export interface PathGradients {
  readonly spec: NetworkSpec
  /** Norm of the gradient at the pictures along each of the 2^n paths, by path number. */
  readonly norms: readonly number[]
  /** Norm of the gradient along all paths together. */
  readonly whole: number
}

const PICTURES = 20
/** Number of paths that one plan measures. */
const TOGETHER = 16

export function pathCalls(library: Library, openEngine: OpenEngine) {
  return {
    'paths.measure': async (
      { file }: { file: Uint8Array },
      { emit, signal }: Context<{ readonly done: number; readonly total: number }>,
    ): Promise<PathGradients> => {
      const engine = await openEngine()
      const net = await library.decodeNetwork(file, 'the net of this page')
      const { spec } = net
      const blocks = spec.stages.flatMap((stage, s) =>
        stage.blocks.map((_, b): BlockPath => `stage${s + 1}.block${b + 1}`),
      )
      const { test, normalisation } = library.builtin({ size: 16, train: 1, test: PICTURES })
      const area = test.height * test.width
      const pictures = Float32Array.from(test.pixels, (byte, i) => {
        const channel = Math.floor(i / area) % 3
        return (byte / 255 - normalisation.mean[channel]!) / normalisation.std[channel]!
      })
      const labels = Int32Array.from(test.labels)
      const total = 2 ** blocks.length
      const norms: number[] = []
      let whole = 0
      for (let first = 0; first < total; first += TOGETHER) {
        signal.throwIfAborted()
        const along = Array.from({ length: Math.min(TOGETHER, total - first) }, (_, i) =>
          blocks.filter((_, bit) => ((first + i) >> bit) & 1),
        )
        const seen = await library.probe(net, pictures, { engine, labels, along, gradients: ['pictures'] })
        norms.push(...seen.along.map(({ data }) => length(data)))
        whole = length(seen.gradients.get('pictures')!.data)
        emit({ done: norms.length, total })
      }
      return { spec, norms, whole }
    },
  }
}

const length = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
