/** `resnet eval`: error and loss of trained weights on a test set. */
import { Command } from 'commander'
import { evaluateCheckpoint, normalisationAdvice, type PresetName } from '../node.js'
import { interruptible } from './interrupt.js'
import { loadData } from './load-data.js'
import {
  archOption,
  type DataFlags,
  dataOptions,
  type EngineFlags,
  engineOptions,
  jsonOption,
  sizeFor,
} from './options.js'
import { percentText, print, say } from './output.js'
import { openClassifier, weightsText } from './weights-flag.js'

interface Flags extends DataFlags, EngineFlags {
  readonly weights: string
  readonly arch?: PresetName
  readonly json?: true
}

export function evalCommand(): Command {
  const command = new Command().requiredOption('--weights <file>', weightsText).addOption(archOption())
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
  const network = await openClassifier({ weights: flags.weights, arch: flags.arch }, { signal })
  const { dataset = 'builtin', engine, threads } = flags
  const data = await loadData(flags, dataset, sizeFor(dataset, network.spec.input.height), signal)
  const advice = network.checkpoint && normalisationAdvice(network.checkpoint, data)
  if (advice) say(`note: ${advice}`)
  const { count, correct, top1Error, loss } = await evaluateCheckpoint(network, data, { engine, threads, signal })
  if (flags.json) print(JSON.stringify({ count, correct, top1Error, loss }))
  else
    print(
      `${network.spec.name} on ${count} test pictures of ${data.name}: error ${percentText(top1Error)} (${correct} right), loss ${loss.toFixed(4)}`,
    )
}
