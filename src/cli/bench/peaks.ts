/**
 * The best that the machine can do, measured again in every round: clocks rise and fall within minutes, most of all on
 * machines that are shared, and a share of a peak that was taken at another time says nothing.
 */
import { EngineError, type EngineName, engineNames, type MachinePeak, measurePeak } from '../../internal.node.js'
import type { Contestant } from './contest.js'

/** Takes its turn in every round, as contestants do. */
export interface Gauge extends Contestant {
  /** The best of its turns; measured now if there was none. */
  best(): Promise<MachinePeak>
}

/** The higher of each figure. */
export function higher(one: MachinePeak, other: MachinePeak | undefined): MachinePeak {
  if (!other) return one
  const multiplyAdds = Math.max(one.multiplyAdds, other.multiplyAdds)
  return { ...one, multiplyAdds, bandwidth: Math.max(one.bandwidth, other.bandwidth) }
}

export class Peaks {
  readonly #signal: AbortSignal
  readonly #measure: typeof measurePeak
  readonly #often: boolean
  readonly #found = new Map<string, MachinePeak>()
  /** The first measurement of what was asked for by this name. */
  readonly #first = new Map<string, MachinePeak>()

  /** Without `often` gauges keep to the first measurement. */
  constructor(signal: AbortSignal, often: boolean, measure = measurePeak) {
    this.#signal = signal
    this.#often = often
    this.#measure = measure
  }

  /** Measures all native instruction sets of this processor, WebAssembly, and the engine that is asked for. */
  async begin(engine: EngineName, threads: number): Promise<void> {
    for (const name of engineNames.filter((other) => other.startsWith('native-') || other === 'wasm'))
      await this.#take(name, threads).catch((error) => {
        if (!(error instanceof EngineError)) throw error // an instruction set that this processor lacks
      })
    await this.#take(engine, threads)
  }

  /** The best of each build that was found by any measurement. */
  all(): readonly MachinePeak[] {
    return [...this.#found.values()]
  }

  /** A gauge of its own for a work. */
  gauge(engine: EngineName, threads: number): Gauge {
    let best = this.#often ? undefined : this.#first.get(`${engine} ${threads}`)
    const measure = async () => {
      best = higher(await this.#take(engine, threads), best)
      return best
    }
    return {
      ...{ name: 'peak', version: '', pid: process.pid },
      run: async () => {
        if (this.#often) await measure()
        return Number.POSITIVE_INFINITY // one measurement fills a turn, however long that is
      },
      best: async () => best ?? measure(),
      close: async () => {},
    }
  }

  async #take(engine: EngineName, threads: number): Promise<MachinePeak> {
    const peak = await this.#measure({ engine, threads, signal: this.#signal })
    const [asked, key] = [`${engine} ${threads}`, `${peak.build} ${peak.threads}`]
    if (!this.#first.has(asked)) this.#first.set(asked, peak)
    this.#found.set(key, higher(peak, this.#found.get(key)))
    return peak
  }
}
