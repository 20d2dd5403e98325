/** The engines of a browser. */
import { openReference } from '../engine/reference/engine.js'
import type { Environment } from './engine-choice.js'

export function browserEnvironment(): Environment {
  return {
    threads: navigator.hardwareConcurrency,
    sources: [{ kind: 'reference', open: async () => openReference() }],
  }
}
