/** What computes, on the engines that a browser has. They run in workers: the thread of the page stays free. */

import type { BrowserFiles } from '../engine/cpu/wasm-host.browser.js'
import { expectOptions, isUrl, kind } from '../util/expect.js'
import { demoFunction } from './demo.js'
import { chooseEngine } from './engine-choice.js'
import { browserEnvironment } from './environment.js'
import { fetchBytes } from './fetch.js'
import { finetuningFunctions } from './finetune.js'
import { fetchFromHub } from './hub.js'
import { loadFunction } from './load.js'
import { openedDataFunction } from './opened-data.js'
import { probeFunction } from './probe.js'
import { type OpenEngine, trainingFunctions } from './training.js'

/** The one setting that is no argument: where files lie is a matter of the page, not of a call. */
let files: BrowserFiles = {}

const address = kind('an address (a text or a URL)', (value) => typeof value === 'string' || isUrl(value))

/**
 * Says where the files of the WASM engine lie, for pages whose bundler does not move them along by itself. Holds for
 * engines opened afterwards; what is left out stays as it was. Node finds its files by itself.
 */
export function configure(addresses: BrowserFiles): void {
  expectOptions(addresses, 'configure: addresses', { wasm: address, worker: address })
  files = { ...files, ...addresses }
}

/** Opens an engine to share among trainers; dispose of it when done. */
export const openEngine: OpenEngine = (options = {}) =>
  chooseEngine(
    browserEnvironment(() => files),
    options,
  )

const functions = trainingFunctions(openEngine)
/** A trainer that stands before its first step; dispose of it when done. */
export const createTrainer = functions.createTrainer
/** A trainer that stands where the checkpoint was made, and ends in the same bits as a run that never stopped. */
export const resumeTrainer = functions.resumeTrainer
/** Trains to the end of the recipe, evaluating after each epoch. */
export const train = functions.train
/** What the plans of a training would take up, before anything is allocated. */
export const trainingMemory = functions.trainingMemory
/** What a network is worth on the test part of a data set, with the network's own normalisation. */
export const evaluateCheckpoint = functions.evaluateCheckpoint
const finetuning = finetuningFunctions(openEngine)
/** Teaches a trained network the classes of other data. */
export const finetune = finetuning.finetune
/** The same step by step: features are computed, and the trainer stands before its first step. */
export const createFinetuning = finetuning.createFinetuning
/** A fine-tuning that stands where the checkpoint was made. */
export const resumeFinetuning = finetuning.resumeFinetuning
/** Loads a network with all that belongs to it: its spec, its weights, how pictures are prepared: see `Load`. */
export const load = loadFunction(openEngine, { read: fetchBytes, fromHub: fetchFromHub })
/** Looks into a network: see `Probe`. */
export const probe = probeFunction(openEngine)
/** Trains four networks side by side, to see depth hurt plain ones and spare residual ones. */
export const runDemo = demoFunction(openEngine, functions)
/** A data set from files that a person opened: see `OpenedData`. The browser decodes pictures. */
export const openedData = openedDataFunction(({ bytes }) =>
  createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>])),
)
