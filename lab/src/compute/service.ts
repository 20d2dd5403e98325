/**
 * All that the page can ask of the library, in one table. It runs in the page's worker with the library for browsers,
 * and behind `resnet lab` with the library for Node: neither is imported here, only their common types.
 */
import { engineCalls } from './engine.js'
import { lesionCalls } from './lesions.js'
import type { Library } from './library.js'
import { raceCalls } from './race.js'

export function createService(library: Library) {
  const engine = engineCalls(library)
  return { ...engine.calls, ...raceCalls(library, engine.open), ...lesionCalls(library, engine.open) }
}

export type Service = ReturnType<typeof createService>
