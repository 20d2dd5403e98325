/** Lets contestants take turns, round by round. Rounds in which other programs used the processor do not count. */
import { EngineError } from '../../internal.node.js'
import { othersShare, processorTime } from './disturbance.js'

/** A contestant: this library, or a peer. */
export interface Contestant {
  readonly name: string
  readonly version: string
  /** The id of its process. */
  readonly pid: number
  /** Does its work `times` times. Resolves to the seconds that this took. */
  run(count: number): Promise<number>
  close(): Promise<void>
}

export interface ContestSettings {
  /** The number of undisturbed rounds that are needed. */
  readonly rounds: number
  /** The least time of a turn in seconds. The processor's clock counts hundredths. */
  readonly turn: number
  /** Whether disturbed rounds count too. */
  readonly allowNoise: boolean
  readonly signal: AbortSignal
  readonly onRound?: ((done: number, total: number) => void) | undefined
  /**
   * The share of the processor that other programs took since it was made. Undefined if the system does not count it.
   */
  readonly watch?: ((pids: readonly number[]) => () => number | undefined) | undefined
}

export interface Contest {
  /** Seconds per work: one list per contestant, with one value per round. */
  readonly seconds: readonly (readonly number[])[]
  /** The rounds that count, numbered from 0. */
  readonly kept: readonly number[]
  /** The number of rounds that were left out because they were disturbed. */
  readonly discarded: number
  /**
   * The largest share of the processor that other programs took in a round that counts. Undefined if the system does
   * not count it.
   */
  readonly disturbance: number | undefined
}

/** The largest share of the processor that other programs may take in a round that counts. */
const LIMIT = 0.03
/** The number of rounds that are tried for each undisturbed round. */
const TRIES = 3

/** @throws EngineError if every round was disturbed */
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

/** Whether a disturbed round counts. */
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
