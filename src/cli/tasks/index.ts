/** The table of tasks of the command line. */
import { presetsFor, type TaskName, tasks } from '../../internal.node.js'
import { classifierTraining } from './classify.js'
import type { CommandTask, CommandTasks } from './task.js'
import { upscalingTraining } from './upscale.js'

const table: { readonly [T in TaskName]: CommandTask<T> } = {
  classify: { task: tasks.classify, networks: ['resnet20', ...presetsFor('classify')], training: classifierTraining },
  upscale: { task: tasks.upscale, networks: ['vdsr20', ...presetsFor('upscale')], training: upscalingTraining },
}

/** Each task is handed checkpoints and trainers of its own: what a head names is looked up by it. */
export const commandTasks = table as unknown as CommandTasks
