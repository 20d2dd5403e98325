/**
 * The table of all calls that the page can make to the library. It runs in the page's worker with the library for
 * browsers, and behind `resnet lab` with the library for Node. It imports neither, only their common types.
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
