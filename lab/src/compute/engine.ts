/** The one engine of the page, opened when it is first needed. */
import type { ChosenEngine } from '../../../src/internal.js'
import type { Library } from './library.js'

/** The engine, in words for people. */
export interface EngineInfo {
  readonly build: string
  readonly threads: number
  readonly reason: string
}

export type OpenEngine = () => Promise<ChosenEngine>

export const engineInfo = ({ build, threads, reason }: ChosenEngine): EngineInfo => ({ build, threads, reason })

export function engineCalls(library: Library) {
  let opened: Promise<ChosenEngine> | undefined
  const open: OpenEngine = () => {
    opened ??= library.openEngine()
    return opened
  }
  return {
    open,
    calls: {
      engine: async (_: Record<string, never>): Promise<EngineInfo> => engineInfo(await open()),
      /** The last call: ends the engine. */
      end: async (_: Record<string, never>): Promise<void> => {
        const engine = await opened?.catch(() => undefined)
        opened = undefined
        await engine?.dispose()
      },
    },
  }
}
