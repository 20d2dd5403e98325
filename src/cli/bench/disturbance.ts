/**
 * The share of the processor that other programs took, from the counters of Linux. It is the busy time of all
 * processors (and the time that the host took away), less the time of this process and its peers. Other systems have no
 * such counters.
 */
import { readFileSync } from 'node:fs'

/** Ticks of all processors since the start of the machine, 100 per second. */
export interface ProcessorTime {
  readonly all: number
  readonly busy: number
  /** The ticks of this process and its peers. */
  readonly own: number
}

/** Reads a file of /proc; undefined if it does not exist. */
export type ReadProc = (path: string) => string | undefined

export const readProc: ReadProc = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** @returns undefined if the system has no such counters */
export function processorTime(pids: readonly number[], read: ReadProc = readProc): ProcessorTime | undefined {
  const line = read('/proc/stat')?.split('\n')[0]
  if (!line?.startsWith('cpu ')) return undefined
  // user nice system idle iowait irq softirq steal; guests are part of user.
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  const all = ticks.reduce((a, b) => a + b, 0)
  const idle = ticks[3]! + (ticks[4] ?? 0)
  const own = pids.reduce((sum, pid) => sum + ticksOf(read(`/proc/${pid}/stat`)), 0)
  return { all, busy: all - idle, own }
}

/** User and system time of a process and of its children that have ended. */
function ticksOf(stat: string | undefined): number {
  if (stat === undefined) return 0
  // The name may hold spaces and brackets. Field 3 follows the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return [14, 15, 16, 17].reduce((sum, field) => sum + Number(fields[field - 3]), 0)
}

/** The share of all processors that other programs took between two readings, in [0, 1]. */
export function othersShare(before: ProcessorTime, after: ProcessorTime): number {
  const all = after.all - before.all
  if (all <= 0) return 0
  return Math.min(1, Math.max(0, after.busy - before.busy - (after.own - before.own)) / all)
}
