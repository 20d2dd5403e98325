/** `resnet eval`: evaluates trained weights on a test set. The task of the network determines the figures. */
import { Command } from 'commander'
import { datasetNames } from '../../internal.node.js'
import type { EvalFlags } from '../flags/network.js'
import { dataOptions, engineOptions, jsonOption } from '../flags/options.js'
import { knownOptions, openWeights, weightsText } from '../flags/weights.js'
import { libraryTasks, partOf } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { interruptible, nothingKept } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { print } from '../terminal/output.js'

export function evalCommand(tasks: CommandTasks): Command {
  const command = new Command().requiredOption('--weights <file>', weightsText)
  for (const option of [...knownOptions(), ...dataOptions(), ...engineOptions()]) {
    if (option.attributeName() === 'dataset')
      option.description = `${datasetNames.join(', ')} (default: what the weights learned from, where they say so)`
    command.addOption(option)
  }
  return command
    .option('--all', 'for a folder without a test part: evaluate on all pictures, training pictures included')
    .option('--allow-other-classes', 'evaluate although the data has other classes than the weights')
    .addOption(
      jsonOption('{ count, correct, accuracy, top1Error, loss }; for upscaling nets { count, psnr, ssim, ... }'),
    )
    .addHelpText(
      'after',
      [
        '\nClasses are matched by name. For a folder the part test/ (or val/) is evaluated, or the pictures that were held out when',
        'the weights were fine-tuned on it.',
        examples(
          'eval --weights runs/resnet20-cifar10/best.safetensors --data data',
          'eval --weights resnet20.th --dataset cifar10 --data data',
        ),
      ].join('\n'),
    )
    .action((flags: EvalFlags) => interruptible((signal) => evaluate(tasks, flags, signal), nothingKept))
}

async function evaluate(tasks: CommandTasks, flags: EvalFlags, signal: AbortSignal): Promise<void> {
  const { weights, arch, mean, std } = flags
  const network = await openWeights({ weights, arch, mean, std }, { signal, tasks: libraryTasks(tasks) })
  const measure = partOf(tasks, network.spec, 'eval')
  const { figures, text } = await measure(network, flags, signal)
  print(flags.json ? JSON.stringify(figures) : text)
}
