/**
 * All that the page can ask of the library, in one table. It runs in the page's worker with the library for browsers,
 * and behind `resnet lab` with the library for Node: neither is imported here, only their common types.
 */
import { architectureCalls } from './architecture.js'
import { blockCalls } from './block.js'
import { engineCalls } from './engine.js'
import { fileCalls } from './files.js'
import { lesionCalls } from './lesions.js'
import type { Library } from './library.js'
import { dataCalls } from './own-data.js'
import { pathCalls } from './paths.js'
import { raceCalls } from './race.js'
import { signalCalls } from './signal.js'

export function createService(library: Library) {
  const { open, calls } = engineCalls(library)
  const data = dataCalls(library)
  return {
    ...calls,
    ...data.calls,
    ...raceCalls(library, open, data.find),
    ...signalCalls(library, open),
    ...blockCalls(library, open),
    ...lesionCalls(library, open),
    ...pathCalls(library, open),
    ...architectureCalls(library),
    ...fileCalls(library),
  }
}

export type Service = ReturnType<typeof createService>
