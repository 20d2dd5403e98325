/** The page's only engine, opened on first use. */
import type { ChosenEngine } from '../../../src/internal.js'
import type { Library } from './library.js'

/** Facts about the engine, for display. */
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
      /** Ends the engine. No call may follow. */
      end: async (_: Record<string, never>): Promise<void> => {
        const engine = await opened?.catch(() => undefined)
        opened = undefined
        await engine?.dispose()
      },
    },
  }
}
