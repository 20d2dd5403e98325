/** The engines of Node: the addon, WebAssembly, and the reference. */
import { availableParallelism } from 'node:os'
import { openReference } from '../engine/reference/engine.js'
import type { Environment } from './engine-choice.js'

export function nodeEnvironment(): Environment {
  return {
    threads: availableParallelism(),
    sources: [{ kind: 'reference', open: async () => openReference() }],
  }
}
