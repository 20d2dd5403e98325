/**
 * Measures the peak rates of the machine in every round. Clock rates change within minutes, most of all on shared
 * machines, so a peak from another time would be a wrong reference.
 */
import { EngineError, type EngineName, engineNames, type MachinePeak, measurePeak } from '../../internal.node.js'
import type { Contestant } from './contest.js'

/** A gauge takes its turn in every round, as contestants do. */
export interface Gauge extends Contestant {
  /** The best of its turns. It measures now if there was no turn. */
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
  /** The first measurement under this name. */
  readonly #first = new Map<string, MachinePeak>()

  /** Without `often`, gauges keep the first measurement. */
  constructor(signal: AbortSignal, often: boolean, measure = measurePeak) {
    this.#signal = signal
    this.#often = often
    this.#measure = measure
  }

  /** Measures all native instruction sets of this processor, WebAssembly, and the requested engine. */
  async begin(engine: EngineName, threads: number): Promise<void> {
    for (const name of engineNames.filter((other) => other.startsWith('native-') || other === 'wasm'))
      await this.#take(name, threads).catch((error) => {
        if (!(error instanceof EngineError)) throw error // an instruction set that this processor lacks
      })
    await this.#take(engine, threads)
  }

  /** The best measurement of each build. */
  all(): readonly MachinePeak[] {
    return [...this.#found.values()]
  }

  /** Makes a gauge for one work. */
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
