/** The results of a bench: one for each work and peer. */
import type { MachinePeak } from '../../internal.node.js'
import type { SuiteName } from './cases.js'
import { higher } from './peaks.js'
import type { Spread } from './statistics.js'

export interface BenchResult {
  readonly suite: SuiteName
  readonly name: string
  /** The median of the rounds, with the smallest and the largest value. */
  readonly value: number
  readonly min: number
  readonly max: number
  readonly unit: string
  /** The engine's build. */
  readonly engine: string
  readonly threads: number
  /** The speed as a share of the bound; null if there is no bound. Winograd's algorithm may exceed 1. */
  readonly share: number | null
  readonly bound: 'arithmetic' | 'bytes' | null
  /** The peer; null if there is none for this work. */
  readonly peer: string | null
  /** Null if the peer is missing; `missing` has the reason and the remedy. */
  readonly peerValue: number | null
  readonly peerMin?: number
  readonly peerMax?: number
  readonly peerVersion?: string
  readonly missing?: string
  /** value / peerValue */
  readonly ratio: number | null
  /** The number of rounds that count, and of disturbed rounds that were left out. */
  readonly rounds: number
  readonly discarded: number
  /** Whether disturbed rounds count. */
  readonly noisy: boolean
  /** For the memory suite: the size of the plan's arena in MB. */
  readonly plan?: number
}

export interface Machine {
  readonly processor: string
  readonly processors: number
  readonly memory: number
  readonly platform: string
  readonly node: string
  /** Whether this system can find disturbed rounds. */
  readonly watched: boolean
}

export interface BenchReport {
  readonly machine: Machine
  /** One per engine build and number of threads: multiply-adds and bytes per second. */
  readonly peak: readonly MachinePeak[]
  readonly results: readonly BenchResult[]
}

/** The fields of a result that depend on the peer's value. */
export function beside(
  own: Spread,
  peer: { readonly name: string; readonly version: string; readonly value: Spread },
): Pick<BenchResult, 'peer' | 'peerValue' | 'peerMin' | 'peerMax' | 'peerVersion' | 'ratio'> {
  const { median, min, max } = peer.value
  return {
    peer: peer.name,
    peerValue: median,
    peerMin: min,
    peerMax: max,
    peerVersion: peer.version,
    ratio: own.median / median,
  }
}

export function without({ name, missing }: { readonly name: string; readonly missing: string }) {
  return { peer: name, peerValue: null, missing, ratio: null } as const
}

/**
 * Merges two reports. Newer figures of the same work replace the older ones in place, and others follow. The higher of
 * two peaks is kept.
 */
export function merged(before: BenchReport, after: BenchReport): BenchReport {
  const key = ({ name, peer }: BenchResult) => `${name} / ${peer}`
  const [old, fresh] = [before, after].map(({ results }) => new Map(results.map((result) => [key(result), result])))
  const build = (peak: MachinePeak) => `${peak.build} ${peak.threads}`
  const peaks = new Map(before.peak.map((peak) => [build(peak), peak]))
  for (const peak of after.peak) peaks.set(build(peak), higher(peak, peaks.get(build(peak))))
  const results = [...new Map([...old!, ...fresh!]).values()]
  return { ...after, peak: [...peaks.values()], results }
}
