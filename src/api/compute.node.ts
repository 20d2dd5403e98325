/** What computes, on the engines that Node has. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fileError } from '../util/file-error.js'
import { demoFunction } from './demo.js'
import { chooseEngine } from './engine-choice.js'
import { nodeEnvironment } from './environment.node.js'
import { fetchBytes } from './fetch.js'
import { finetuningFunctions } from './finetune.js'
import { filesFromHub } from './hub.node.js'
import { loadFunction } from './load.js'
import { type OpenEngine, trainingFunctions } from './training.js'

/** Opens an engine to share among trainers; dispose of it when done. */
export const openEngine: OpenEngine = (options = {}) => chooseEngine(nodeEnvironment(), options)

const functions = trainingFunctions(openEngine)
export const { createTrainer, resumeTrainer, train, trainingMemory, evaluateCheckpoint } = functions
export const load = loadFunction(openEngine, { read: readAddress, fromHub: filesFromHub })
export const { finetune, createFinetuning, resumeFinetuning } = finetuningFunctions(openEngine)
export const runDemo = demoFunction(openEngine, functions)

async function readAddress(address: string | URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (address instanceof URL && address.protocol !== 'file:') return fetchBytes(address, signal)
  const path = address instanceof URL ? fileURLToPath(address) : address
  try {
    return await readFile(path, { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw fileError(path, 'cannot be read', error)
  }
}
