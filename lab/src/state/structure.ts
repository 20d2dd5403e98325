/** The blocks of a net, as pages draw them. */
import type { NetworkSpec } from '../../../src/internal.js'

export interface DrawnBlock {
  readonly path: string
  /** Number of the stage, from 1. */
  readonly stage: number
  readonly index: number
  /** Whether its output has another size than its input. Such a block cannot move. */
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

/** How much of an order is kept, compared with random orders. */
export interface Order {
  /**
   * Kendall's tau over the pairs of blocks that may change places: 1 for the old order, -1 for its reverse. Pairs of
   * other blocks never change and do not count. undefined if no two blocks may change places.
   */
  readonly tau: number | undefined
  /** Standard deviation of tau over all possible orders. Its mean over them is 0. */
  readonly spread: number
}

/**
 * Compares the order of blocks with their trained order.
 * @param order paths in their present order, each of one of `blocks`
 */
export function orderOf(order: readonly string[], blocks: readonly DrawnBlock[]): Order {
  let [pairs, surplus, variance] = [0, 0, 0]
  for (const stage of new Set(blocks.map((block) => block.stage))) {
    const movable = blocks.filter((block) => block.stage === stage && !block.changesSize).map(({ path }) => path)
    const ranks = order.filter((path) => movable.includes(path)).map((path) => movable.indexOf(path))
    ranks.forEach((rank, i) => {
      for (const later of ranks.slice(i + 1)) surplus += Math.sign(later - rank)
    })
    const n = ranks.length
    pairs += (n * (n - 1)) / 2
    variance += (n * (n - 1) * (2 * n + 5)) / 18
  }
  return pairs === 0 ? { tau: undefined, spread: 0 } : { tau: surplus / pairs, spread: Math.sqrt(variance) / pairs }
}

/** Compares tau with chance, in words. */
export function orderWords({ tau, spread }: Order): string {
  if (tau === undefined) return 'no two blocks can change places'
  const chance = `0 ± ${spread.toFixed(2)}`
  if (tau === 1) return `1 as trained; orders by chance have ${chance}`
  if (Math.abs(tau) <= spread) return `as by chance, which gives ${chance}`
  return `${tau > 0 ? 'more' : 'less'} than by chance, which gives ${chance}`
}

/** A random part of a list: the same for the same seed. */
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
