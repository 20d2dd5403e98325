/** The blocks of a net, as pages draw them. */
import type { NetworkSpec } from 'resnet.ts'

export interface DrawnBlock {
  readonly path: string
  /** From 1. */
  readonly stage: number
  readonly index: number
  /** Whether its output has other sizes than its input: such a block keeps its place. */
  readonly changesSize: boolean
  readonly width: number
}

export function drawnBlocks({ stem, stages, input }: NetworkSpec): DrawnBlock[] {
  let inputWidth = stem.reduce((width, layer) => (layer.kind === 'conv' ? layer.width : width), input.channels)
  return stages.flatMap(({ blocks }, stage) =>
    blocks.map(({ branch, stride }, index) => {
      const width = branch.at(-1)!.width
      const changesSize = stride !== 1 || width !== inputWidth
      inputWidth = width
      return { path: `stage${stage + 1}.block${index + 1}`, stage: stage + 1, index: index + 1, changesSize, width }
    }),
  )
}

/** Kendall's tau of an order against another: 1 for the same, -1 for its reverse. Both hold the same things. */
export function kendallTau(order: readonly string[], original: readonly string[]): number {
  const rank = new Map(original.map((path, i) => [path, i]))
  let [concordant, pairs] = [0, 0]
  for (let i = 0; i < order.length; i++)
    for (let j = i + 1; j < order.length; j++) {
      pairs++
      if (rank.get(order[i]!)! < rank.get(order[j]!)!) concordant++
    }
  return pairs === 0 ? 1 : (2 * concordant) / pairs - 1
}

/** Some of a list at random: the same for the same seed. */
export function sample<T>(list: readonly T[], count: number, seed: number): T[] {
  const rest = [...list]
  let state = seed * 2654435761 + 12345
  const chosen: T[] = []
  while (chosen.length < count && rest.length > 0) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    chosen.push(...rest.splice(Math.floor((state / 2 ** 32) * rest.length), 1))
  }
  return chosen
}
