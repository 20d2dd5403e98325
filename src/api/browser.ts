/** The functions that compute, on the engines that a browser has. These run in workers: the thread of the page stays free. */

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
/** A trainer that stands before its first step; dispose of it when done. */
export const createTrainer = functions.createTrainer
/** A trainer that stands where the checkpoint was made, and ends in the same bits as a run that never stopped. */
export const resumeTrainer = functions.resumeTrainer
/** Trains a network to the end of the recipe, evaluating after each epoch; gives its figures, and the network. */
export const train = functions.train
/** Trains a trainer to the end of its recipe, evaluating after each epoch. */
export const trainToEnd = functions.trainToEnd
/** The memory of the plans of a training, before anything is allocated. */
export const trainingMemory = functions.trainingMemory
/** Evaluates a network on the test part of a data set, with the network's own normalisation. */
export const evaluate = functions.evaluate
/**
 * Teaches a trained network the classes of other data, step by step: features are computed, and the trainer stands before
 * its first step.
 */
export const createFinetuning = /* @__PURE__ */ createFinetuningFunction({ openEngine, putToWork })
/** Teaches a trained network the classes of other data, to the end. */
export const finetune = /* @__PURE__ */ finetuneFunction(createFinetuning)
/** A fine-tuning that stands where the checkpoint was made. */
export const resumeFinetuning = /* @__PURE__ */ resumeFinetuningFunction({ openEngine, putToWork })
/** Loads a network with all that belongs to it: its spec, its weights, how pictures are prepared: see `Load`. */
export const load = /* @__PURE__ */ loadFunction({
  openEngine,
  putToWork,
  read: fetchBytes,
  fromHub: fetchFromHub,
})
/** A network with fresh weights: see `Untrained`. */
export const untrained = /* @__PURE__ */ untrainedFunction(putToWork)
/** A network with more residual blocks, which are identities at first: see `Deepen`. */
export const deepen = /* @__PURE__ */ deepenFunction(putToWork)
/** Looks into a network: see `Probe`. */
export const probe = /* @__PURE__ */ probeFunction(openEngine)
/** Trains four networks side by side, to see depth hurt plain ones and spare residual ones. */
export const runDemo = /* @__PURE__ */ demoFunction(openEngine, functions)
const decode = ({ bytes }: OpenedFile) => createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]))
/**
 * A data set from files that a person opened: see `OpenedData`. The browser decodes pictures. Its code is fetched with
 * the first call: most pages never open a folder.
 */
export const openedData: OpenedData = async (files, options) => {
  const { openedDataFunction } = await import('./files/opened-data.js')
  return openedDataFunction(decode)(files, options)
}
