/** The task of classification in all commands. */
import { load, type PresetName, preset, presetsFor, tasks } from '../../../internal.node.js'
import { computeFrom } from '../../flags/options.js'
import { trainingOf } from '../../training-run.js'
import type { CommandTask } from '../task.js'
import { evaluate } from './evaluate.js'
import { finetune } from './finetune.js'
import { predict } from './predict.js'
import { classifierTraining } from './train.js'

export const classify: CommandTask = {
  task: tasks.classify,
  heading: 'Networks that classify',
  networks: presetsFor('classify'),
  usual: 'resnet20',
  spec: (network, { classes, size }) =>
    preset(network as PresetName, {
      ...(classes === undefined ? {} : { classes }),
      ...(size === undefined ? {} : { input: { channels: 3, height: size, width: size } }),
    }),
  train: trainingOf(tasks.classify, classifierTraining),
  eval: evaluate,
  predict,
  embed: async (network, flags, signal) => {
    const net = await load(network, computeFrom(flags, signal))
    return { embed: (picture) => net.embed(picture, { signal }), [Symbol.asyncDispose]: () => net.dispose() }
  },
  upscale: { instead: 'take a network such as vdsr20 or edsr_baseline' },
  finetune,
}
