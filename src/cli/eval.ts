/** `resnet eval`: error and loss of trained weights on a test set. */
import { Command } from 'commander'
import { evaluateCheckpoint, loadDataset, readCheckpoint } from '../node.js'
import { interruptible } from './interrupt.js'
import { type DataFlags, dataOptions, type EngineFlags, engineOptions, jsonOption } from './options.js'
import { percentText, print } from './output.js'

interface Flags extends DataFlags, EngineFlags {
  readonly weights: string
  readonly json?: true
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .description('measure trained weights on a test set')
    .requiredOption('--weights <file>', 'a checkpoint, for example runs/resnet20-cifar10/best.safetensors')
  for (const option of [...dataOptions(), ...engineOptions()]) command.addOption(option)
  return command
    .addOption(jsonOption('{ count, correct, top1Error, loss }'))
    .addHelpText(
      'after',
      '\nExample:\n  $ resnet eval --weights runs/resnet20-cifar10/best.safetensors --dataset cifar10 --data data',
    )
    .action((flags: Flags) => interruptible((signal) => evaluate(flags, signal)))
}

async function evaluate(flags: Flags, signal: AbortSignal): Promise<void> {
  const checkpoint = await readCheckpoint(flags.weights)
  const { dataset = 'builtin', data: path, limitTest, engine, threads } = flags
  const size = dataset === 'builtin' && checkpoint.spec.input.height === 16 ? 16 : undefined
  const data = await loadDataset(dataset, path, { limit: { test: limitTest }, size })
  const { count, correct, top1Error, loss } = await evaluateCheckpoint(checkpoint, data, { engine, threads, signal })
  if (flags.json) print(JSON.stringify({ count, correct, top1Error, loss }))
  else
    print(
      `${checkpoint.spec.name} on ${count} test pictures of ${data.name}: error ${percentText(top1Error)} (${correct} right), loss ${loss.toFixed(4)}`,
    )
}
