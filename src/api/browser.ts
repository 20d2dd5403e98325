/** What computes, on the engines that a browser has. They run in workers: the thread of the page stays free. */
import type { BrowserFiles } from '../engine/cpu/wasm-host.browser.js'
import { demoFunction } from './demo.js'
import { chooseEngine } from './engine-choice.js'
import { browserEnvironment } from './environment.js'
import { fetchBytes } from './fetch.js'
import { finetuningFunctions } from './finetune.js'
import { fetchFromHub } from './hub.js'
import { loadFunction } from './load.js'
import { type OpenEngine, trainingFunctions } from './training.js'

/** The one setting that is no argument: where files lie is a matter of the page, not of a call. */
let files: BrowserFiles = {}

/**
 * Says where the files of the WASM engine lie, for pages whose bundler does not move them along by itself. Holds for
 * engines opened afterwards; what is left out stays as it was. Node finds its files by itself.
 */
export function configure(addresses: BrowserFiles): void {
  files = { ...files, ...addresses }
}

/** Opens an engine to share among trainers; dispose of it when done. */
export const openEngine: OpenEngine = (options = {}) =>
  chooseEngine(
    browserEnvironment(() => files),
    options,
  )

const functions = trainingFunctions(openEngine)
export const { createTrainer, resumeTrainer, train, trainingMemory, evaluateCheckpoint } = functions
export const { finetune, createFinetuning, resumeFinetuning } = finetuningFunctions(openEngine)
export const load = loadFunction(openEngine, { read: fetchBytes, fromHub: fetchFromHub })
export const runDemo = demoFunction(openEngine, functions)
