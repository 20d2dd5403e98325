/** The task of upscaling (super-resolution) in all commands. */
import { ConfigError, load, type PresetName, preset, presetsFor, tasks } from '../../../internal.node.js'
import { computeFrom } from '../../flags/options.js'
import { trainingOf } from '../../training-run.js'
import type { CommandTask } from '../task.js'
import { evaluate } from './evaluate.js'
import { upscalingTraining } from './train.js'

const upscaled = { instead: 'make pictures larger with it by the command upscale' }

export const upscale: CommandTask = {
  task: tasks.upscale,
  heading: 'Networks that upscale pictures',
  networks: presetsFor('upscale'),
  usual: 'vdsr20',
  spec: (network, { classes, size }) => {
    if (classes !== undefined)
      throw new ConfigError(`--classes: ${network} upscales pictures and has no classes; leave the flag out`)
    const input = size === undefined ? {} : { input: { channels: 1, height: size, width: size } }
    return preset(network as PresetName, input)
  },
  train: trainingOf(tasks.upscale, upscalingTraining),
  eval: evaluate,
  predict: upscaled,
  embed: upscaled,
  upscale: async (network, scale, flags, signal) => {
    const net = await load(network, computeFrom(flags, signal))
    return {
      enlarge: (picture, onProgress) => net.upscale(picture, { scale, signal, onProgress }),
      [Symbol.asyncDispose]: () => net.dispose(),
    }
  },
  finetune: { instead: 'go on with its training by the command train --resume' },
}
