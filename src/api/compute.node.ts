/** Functions that compute on the engines of Node. */
import { fileURLToPath } from 'node:url'
import { decodeBytes } from '../data/picture/file.node.js'
import { readWeightsFile } from '../formats/weights-file.node.js'
import { freeMemory } from '../util/machine/free-memory.node.js'
import { chooseEngine } from './engines/choice.js'
import { nodeEnvironment } from './engines/environment.node.js'
import type { OpenEngine } from './engines/opening.js'
import { fetchBytes } from './files/fetch.js'
import { filesFromHub } from './files/hub.node.js'
import { loadFunction } from './files/load.js'
import { openedDataFunction } from './files/opened-data.js'
import { readAnyPicture } from './files/picture.node.js'
import { writeNetwork } from './files/weights.node.js'
import { deepenFunction, untrainedFunction } from './network/made.js'
import { probeFunction } from './network/probe.js'
import { demoFunction } from './training/demo.js'
import { createFinetuningFunction, finetuneFunction, resumeFinetuningFunction } from './training/finetune.js'
import { trainingFunctions } from './training/training.js'

/** Opens an engine to share among trainers and networks; dispose of it when done. */
export const openEngine: OpenEngine = (options = {}) => chooseEngine(nodeEnvironment(), options)

const functions = trainingFunctions({
  openEngine,
  readPicture: readAnyPicture,
  save: (network, path, tasks) => writeNetwork(path, network, tasks),
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
/** Loads a network with its spec, its weights and its preprocessing: see `Load`. */
export const load = loadFunction({
  openEngine,
  putToWork,
  read: readAddress,
  fromHub: filesFromHub,
})
/** Prepares a fine-tuning: the features are computed, and the trainer stands before its first step. */
export const createFinetuning = createFinetuningFunction({ openEngine, putToWork, memory: () => freeMemory() })
/** Fine-tunes a trained network: teaches it the classes of other data. */
export const finetune = finetuneFunction(createFinetuning)
/** Continues a fine-tuning from its checkpoint. */
export const resumeFinetuning = resumeFinetuningFunction({ openEngine, putToWork, memory: () => freeMemory() })
/** A network with fresh weights: see `Untrained`. */
export const untrained = untrainedFunction(putToWork)
/** Appends residual blocks to a network. They are identities at first: see `Deepen`. */
export const deepen = deepenFunction(putToWork)
/** Reads activations and gradients of a network: see `Probe`. */
export const probe = probeFunction(openEngine)
/** Trains two plain and two residual networks side by side and compares the effect of depth. */
export const runDemo = demoFunction(openEngine, functions)
/** A data set from bytes of files: see `OpenedData`. `sharp` decodes pictures. */
export const openedData = openedDataFunction(({ path, bytes }) => decodeBytes(bytes, path))

async function readAddress(address: string | URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
  if (address instanceof URL && address.protocol !== 'file:') return fetchBytes(address, signal)
  const path = address instanceof URL ? fileURLToPath(address) : address
  return readWeightsFile(path, signal)
}
