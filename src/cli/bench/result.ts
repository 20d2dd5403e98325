/** The results of a bench: one for each work and peer. */
import type { MachinePeak } from '../../internal.node.js'
import type { SuiteName } from './cases.js'
import { higher } from './peaks.js'
import type { Spread } from './statistics.js'

export interface BenchResult {
  readonly suite: SuiteName
  readonly name: string
  /** Median of the rounds, least and most. */
  readonly value: number
  readonly min: number
  readonly max: number
  readonly unit: string
  /** The engine's build. */
  readonly engine: string
  readonly threads: number
  /** The part of what the bound allows that was reached; null where there is none. Winograd may pass 1. */
  readonly share: number | null
  readonly bound: 'arithmetic' | 'bytes' | null
  /** Null where nobody else does this. */
  readonly peer: string | null
  /** Null where the peer is missing, with the reason and the remedy in `missing`. */
  readonly peerValue: number | null
  readonly peerMin?: number
  readonly peerMax?: number
  readonly peerVersion?: string
  readonly missing?: string
  /** value / peerValue. */
  readonly ratio: number | null
  /** Rounds that count, and those that were left out because others disturbed them. */
  readonly rounds: number
  readonly discarded: number
  /** Whether rounds count that others disturbed. */
  readonly noisy: boolean
  /** Of the memory suite: the size of the plan's arena, in MB. */
  readonly plan?: number
}

export interface Machine {
  readonly processor: string
  readonly processors: number
  readonly memory: number
  readonly platform: string
  readonly node: string
  /** Whether rounds that others disturb are found here. */
  readonly watched: boolean
}

export interface BenchReport {
  readonly machine: Machine
  /** One an engine build and number of threads: multiply-adds and bytes a second. */
  readonly peak: readonly MachinePeak[]
  readonly results: readonly BenchResult[]
}

/** The fields of a result that tell a peer's value. */
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

/** Figures of the same work replaced where they stood, others after them; of peaks, the higher. */
export function merged(before: BenchReport, after: BenchReport): BenchReport {
  const key = ({ name, peer }: BenchResult) => `${name} / ${peer}`
  const [old, fresh] = [before, after].map(({ results }) => new Map(results.map((result) => [key(result), result])))
  const build = (peak: MachinePeak) => `${peak.build} ${peak.threads}`
  const peaks = new Map(before.peak.map((peak) => [build(peak), peak]))
  for (const peak of after.peak) peaks.set(build(peak), higher(peak, peaks.get(build(peak))))
  const results = [...new Map([...old!, ...fresh!]).values()]
  return { ...after, peak: [...peaks.values()], results }
}
