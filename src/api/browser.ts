/**
 * Functions that compute on the engines of a browser. The engines run in workers, so the thread of the page stays free.
 */

import type { BrowserFiles } from '../engine/cpu/wasm-host.browser.js'
import { expectOptions, isUrl, kind } from '../util/expect.js'
import { chooseEngine } from './engines/choice.js'
import { browserEnvironment } from './engines/environment.js'
import type { OpenEngine } from './engines/opening.js'
import { download } from './files/download.js'
import { exportFor } from './files/export.js'
import { fetchBytes } from './files/fetch.js'
import { fetchFromHub } from './files/hub.js'
import { loadFunction } from './files/load.js'
import type { OpenedData, OpenedFile } from './files/opened-data.js'
import { readPicture } from './files/picture.js'
import { deepenFunction, untrainedFunction } from './network/made.js'
import { probeFunction } from './network/probe.js'
import { demoFunction } from './training/demo.js'
import { createFinetuningFunction, finetuneFunction, resumeFinetuningFunction } from './training/finetune.js'
import { trainingFunctions } from './training/training.js'

/**
 * The addresses of the engine's files. This is the only setting that is no argument: it belongs to the page, not to a
 * call.
 */
let files: BrowserFiles = {}

const address = kind('an address (a text or a URL)', (value) => typeof value === 'string' || isUrl(value))

/**
 * Sets the addresses of the WebAssembly engine's files, for pages whose bundler does not copy them. It affects engines
 * that are opened afterwards. An address that is left out stays as it was. Node finds its files by itself.
 */
export function configure(addresses: BrowserFiles): void {
  expectOptions(addresses, 'configure: addresses', { wasm: address, worker: address })
  files = { ...files, ...addresses }
}

/** Opens an engine to share among trainers and networks; dispose of it when done. */
export const openEngine: OpenEngine = (options = {}) =>
  chooseEngine(
    browserEnvironment(() => files),
    options,
  )

const functions = /* @__PURE__ */ trainingFunctions({
  openEngine,
  readPicture,
  save: async (network, path, tasks) => download(await exportFor(path)(network, { tasks }), path),
})
const { putToWork } = functions
/** Creates a trainer, which stands before its first step. Dispose of it when done. */
export const createTrainer = functions.createTrainer
/** Creates a trainer that continues a checkpoint. It ends in the same bits as a run that never stopped. */
export const resumeTrainer = functions.resumeTrainer
/** Trains a network to the end of the recipe and evaluates it after each epoch. Returns the figures and the network. */
export const train = functions.train
/** Runs a trainer to the end of its recipe and evaluates after each epoch. */
export const trainToEnd = functions.trainToEnd
/** Computes the memory that a training will take. Allocates nothing. */
export const trainingMemory = functions.trainingMemory
/** Evaluates a network on the test part of a data set, with the network's own normalisation. */
export const evaluate = functions.evaluate
/** Prepares a fine-tuning: the features are computed, and the trainer stands before its first step. */
export const createFinetuning = /* @__PURE__ */ createFinetuningFunction({ openEngine, putToWork })
/** Fine-tunes a trained network: teaches it the classes of other data. */
export const finetune = /* @__PURE__ */ finetuneFunction(createFinetuning)
/** Continues a fine-tuning from its checkpoint. */
export const resumeFinetuning = /* @__PURE__ */ resumeFinetuningFunction({ openEngine, putToWork })
/** Loads a network with its spec, its weights and its preprocessing: see `Load`. */
export const load = /* @__PURE__ */ loadFunction({
  openEngine,
  putToWork,
  read: fetchBytes,
  fromHub: fetchFromHub,
})
/** A network with fresh weights: see `Untrained`. */
export const untrained = /* @__PURE__ */ untrainedFunction(putToWork)
/** Appends residual blocks to a network. They are identities at first: see `Deepen`. */
export const deepen = /* @__PURE__ */ deepenFunction(putToWork)
/** Reads activations and gradients of a network: see `Probe`. */
export const probe = /* @__PURE__ */ probeFunction(openEngine)
/** Trains two plain and two residual networks side by side and compares the effect of depth. */
export const runDemo = /* @__PURE__ */ demoFunction(openEngine, functions)
const decode = ({ bytes }: OpenedFile) => createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]))
/**
 * A data set from files that a person opened: see `OpenedData`. The browser decodes the pictures. The first call
 * fetches the code, because most pages never open a folder.
 */
export const openedData: OpenedData = async (files, options) => {
  const { openedDataFunction } = await import('./files/opened-data.js')
  return openedDataFunction(decode)(files, options)
}
