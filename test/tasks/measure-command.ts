/** The task of two numbers a picture in the command line: what its author hands to `main(argv, { tasks })`. */
import { createTrainer, evaluate, load, resumeTrainer } from '../../src/api/compute.node.js'
import { commandTasks } from '../../src/cli/tasks/index.js'
import type { CommandTask, CommandTasks } from '../../src/cli/tasks/task.js'
import { trainingOf } from '../../src/cli/training-run.js'
import { tasks } from '../../src/tasks/index.js'
import { measure, pictures, redBlue8 } from './two-numbers.js'

/** The tasks of the library, and this one. */
export const library = { ...tasks, measure }
export const compute = { threads: 1, tasks: library } as const

const measuring: CommandTask = {
  task: measure,
  heading: 'Networks that measure pictures',
  networks: ['redblue8'],
  usual: 'redblue8',
  spec: () => redBlue8(),
  train: trainingOf<string>(measure, {
    foreign: ['scale'],
    begin: async (_, { steps, batchSize }, signal) => ({
      trainer: await createTrainer(redBlue8(), pictures(), { steps, batchSize }, { ...compute, signal }),
      name: 'redblue8',
    }),
    goOn: async (_, checkpoint, __, signal) => resumeTrainer(checkpoint, pictures(), { ...compute, signal }),
    agreements: () => [],
    advice: () => ['red and blue are enough'],
    words: { step: () => [], epoch: () => ['red and blue'] },
    figures: ({ test }) => `error ${(test as { error: number }).error}`,
  }),
  eval: async (network, _, signal) => {
    const figures = await evaluate(network, pictures(), { ...compute, signal })
    return { figures: { error: (figures as unknown as { error: number }).error }, text: 'measured' }
  },
  predict: async (network) => {
    const net = await load(network, compute)
    return {
      predict: async (_, picture) => {
        const { numbers } = await net.outputs(net.prepare([picture]))
        return { answer: { numbers: [...numbers!.data] }, text: [...numbers!.data].join(' ') }
      },
      [Symbol.asyncDispose]: () => net.dispose(),
    }
  },
  embed: { instead: 'its two numbers are all that it knows' },
  upscale: { instead: 'leave pictures as large as they are' },
  finetune: { instead: 'train it anew' },
}

export const withMeasuring: CommandTasks = { ...commandTasks, measure: measuring }
