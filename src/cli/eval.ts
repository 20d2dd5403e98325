/** `resnet eval`: error and loss of trained weights on a test set. */
import { Command } from 'commander'
import { evaluateCheckpoint, matchChannels, normalisationAdvice } from '../node.js'
import { interruptible } from './interrupt.js'
import { examples } from './invocation.js'
import { loadData } from './load-data.js'
import { type DataFlags, dataOptions, type EngineFlags, engineOptions, jsonOption, sizeFor } from './options.js'
import { percentText, print, say } from './output.js'
import { type KnownFlags, knownOptions, openClassifier, readsText, weightsText } from './weights-flag.js'

interface Flags extends DataFlags, EngineFlags, KnownFlags {
  readonly weights: string
  readonly json?: true
}

export function evalCommand(): Command {
  const command = new Command().requiredOption('--weights <file>', weightsText)
  for (const option of [...knownOptions(), ...dataOptions(), ...engineOptions()]) command.addOption(option)
  return command
    .addOption(jsonOption('{ count, correct, top1Error, loss }'))
    .addHelpText(
      'after',
      examples('eval --weights runs/resnet20-cifar10/best.safetensors --dataset cifar10 --data data'),
    )
    .action((flags: Flags) => interruptible((signal) => evaluate(flags, signal)))
}

async function evaluate(flags: Flags, signal: AbortSignal): Promise<void> {
  const { weights, arch, mean, std } = flags
  const network = await openClassifier({ weights, arch, mean, std }, { signal })
  const { dataset = 'builtin', engine, threads } = flags
  const loaded = await loadData(flags, dataset, sizeFor(dataset, network.spec.input.height), signal)
  const data = matchChannels(loaded, network.spec.input.channels)
  const reads = readsText(network.spec)
  if (reads) say(reads)
  const advice = network.checkpoint && normalisationAdvice(network.checkpoint, data)
  if (advice) say(`note: ${advice}`)
  const { count, correct, top1Error, loss } = await evaluateCheckpoint(network, data, { engine, threads, signal })
  if (flags.json) print(JSON.stringify({ count, correct, top1Error, loss }))
  else
    print(
      `${network.spec.name} on ${count} test pictures of ${data.name}: error ${percentText(top1Error)} (${correct} right), loss ${loss.toFixed(4)}`,
    )
}
