/** Reads traces of Chromium. */

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Processor time of the thread in microseconds; other processes do not count, however busy the machine is. */
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/** The longest task of the threads that pages run on, in milliseconds of processor time. */
export function longestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const thread = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`
  const mains = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(thread),
  )
  const tasks = traceEvents.filter((event) => event.tdur !== undefined && mains.has(thread(event)))
  if (tasks.length === 0) throw new Error('the trace has no tasks of the page')
  return Math.max(...tasks.map(({ tdur }) => tdur! / 1000))
}
