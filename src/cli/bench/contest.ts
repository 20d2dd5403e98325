/** Contestants take turns, round by round; rounds in which others took the processor do not count. */
import { EngineError } from '../../internal.node.js'
import { othersShare, processorTime } from './disturbance.js'

/** A contestant: we, or a peer. */
export interface Contestant {
  readonly name: string
  readonly version: string
  /** The process that it runs in. */
  readonly pid: number
  /** Does its work so many times; resolves to the seconds that took. */
  run(count: number): Promise<number>
  close(): Promise<void>
}

export interface ContestSettings {
  /** Rounds that must be clean. */
  readonly rounds: number
  /** The least time of a turn, in seconds: the processor's clock counts in hundredths. */
  readonly turn: number
  /** Whether disturbed rounds count as well. */
  readonly allowNoise: boolean
  readonly signal: AbortSignal
  readonly onRound?: ((done: number, total: number) => void) | undefined
  /** Part of the processor that others took since it was made, told at each call; undefined where nobody counts that. */
  readonly watch?: ((pids: readonly number[]) => () => number | undefined) | undefined
}

export interface Contest {
  /** Seconds for one time of the work: a list a contestant, one a round. */
  readonly seconds: readonly (readonly number[])[]
  /** Which rounds count, numbered from 0. */
  readonly kept: readonly number[]
  /** Rounds left out because others disturbed them. */
  readonly discarded: number
  /** The largest part of the processor that others took in a round that counts; undefined where nobody counts that. */
  readonly disturbance: number | undefined
}

/** The part of the processor that others may take. */
const LIMIT = 0.03
/** Rounds that are tried for each that must be clean. */
const TRIES = 3

/** @throws EngineError if no round was clean */
export async function contest(
  name: string,
  contestants: readonly Contestant[],
  settings: ContestSettings,
): Promise<Contest> {
  const { rounds, turn, allowNoise, signal, onRound, watch = watchProc } = settings
  const counts: number[] = []
  for (const contestant of contestants) counts.push(Math.max(1, Math.ceil(turn / (await contestant.run(1)))))
  const pids = [...new Set(contestants.map(({ pid }) => pid))]
  const seconds = contestants.map((): number[] => [])
  const shares: (number | undefined)[] = []
  const kept: number[] = []
  let discarded = 0
  let quietest = 1
  while (shares.length < rounds && shares.length + discarded < TRIES * rounds) {
    signal.throwIfAborted()
    onRound?.(shares.length, rounds)
    const told = watch(pids)
    const times: number[] = []
    for (const [i, contestant] of contestants.entries()) times.push((await contestant.run(counts[i]!)) / counts[i]!)
    const share = told()
    quietest = Math.min(quietest, share ?? 0)
    if (share !== undefined && share > LIMIT && !allowNoise) {
      discarded++
      continue
    }
    kept.push(shares.length + discarded)
    shares.push(share)
    times.forEach((time, i) => {
      seconds[i]!.push(time)
    })
  }
  if (shares.length === 0)
    throw new EngineError(
      `bench ${name}: others took ${percent(quietest)} of the processor in the quietest of ${discarded} rounds, at most ` +
        `${percent(LIMIT)} are allowed; end what else runs, or let --allow-noise keep such rounds, marked`,
    )
  const counted = shares.filter((share) => share !== undefined)
  return { seconds, kept, discarded, disturbance: counted.length > 0 ? Math.max(...counted) : undefined }
}

/** Whether others took more in a round that counts than is allowed. */
export function isNoisy({ disturbance }: Pick<Contest, 'disturbance'>): boolean {
  return disturbance !== undefined && disturbance > LIMIT
}

function watchProc(pids: readonly number[]): () => number | undefined {
  const before = processorTime(pids)
  return () => {
    const after = processorTime(pids)
    return before && after && othersShare(before, after)
  }
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`
