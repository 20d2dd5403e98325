/** The table of tasks of the command line. */
import type { TaskName } from '../../internal.node.js'
import { classify } from './classify/index.js'
import type { CommandTask } from './task.js'
import { upscale } from './upscale/index.js'

export const commandTasks: { readonly [T in TaskName]: CommandTask } = { classify, upscale }
