/** What computes, on the engines that Node has. */
import { demoFunction } from './demo.js'
import { chooseEngine } from './engine-choice.js'
import { nodeEnvironment } from './environment.node.js'
import { type OpenEngine, trainingFunctions } from './training.js'

/** Opens an engine to share among trainers; dispose of it when done. */
export const openEngine: OpenEngine = (options = {}) => chooseEngine(nodeEnvironment(), options)

const functions = trainingFunctions(openEngine)
export const { createTrainer, resumeTrainer, train, evaluateCheckpoint } = functions
export const runDemo = demoFunction(openEngine, functions)
