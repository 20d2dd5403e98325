/** The tasks beside each other, and which one a network and its data are for. */
import { type Task, taskOf } from '../spec/heads/index.js'
import type { NetworkSpec } from '../spec/spec.js'
import { ConfigError } from '../util/errors.js'
import { classifying } from './classifying.js'
import type { DataOf } from './figures.js'
import type { LearningTask } from './learning.js'
import { upscaling } from './upscaling.js'

export const tasks: { readonly [T in Task]: LearningTask<T> } = { classify: classifying, upscale: upscaling }

/**
 * The task of a network.
 * @throws ConfigError when the data is for another task
 */
export function taskFor<T extends Task>(spec: NetworkSpec, data: DataOf<T>): LearningTask<T> {
  const task = taskOf(spec)
  const given: Task = 'scales' in data ? 'upscale' : 'classify'
  if (task !== given)
    throw new ConfigError(
      task === 'upscale'
        ? `${spec.name}: gives pictures, ${data.name} has pictures of classes; take pictures to enlarge, or another network`
        : `${spec.name}: tells classes apart, ${data.name} has pictures to enlarge; take a network such as vdsr20`,
    )
  return tasks[task] as unknown as LearningTask<T> // T is what the data says, and both agree
}
