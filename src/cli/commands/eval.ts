/** `resnet eval`: error and loss of trained weights on a test set. */
import { Command } from 'commander'
import {
  ConfigError,
  classifierOf,
  type Dataset,
  type DatasetName,
  type DecodedNetwork,
  datasetNames,
  evaluate,
  matchChannels,
  normalisationAdvice,
  taskOfNetwork,
} from '../../internal.node.js'
import {
  computeFrom,
  type DataFlags,
  dataOptions,
  type EngineFlags,
  engineOptions,
  jsonOption,
  sizeFor,
} from '../flags/options.js'
import { type KnownFlags, knownOptions, openWeights, readsText, weightsText } from '../flags/weights.js'
import { loadData, loadTestFolder } from '../load-data.js'
import { type CommandTasks, libraryTasks } from '../tasks/task.js'
import { interruptible, nothingKept } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { oneLine, percentText, print, say } from '../terminal/output.js'

interface Flags extends DataFlags, EngineFlags, KnownFlags {
  readonly weights: string
  readonly all?: true
  readonly allowOtherClasses?: true
  readonly json?: true
}

export function evalCommand(tasks: CommandTasks): Command {
  const command = new Command().requiredOption('--weights <file>', weightsText)
  for (const option of [...knownOptions(), ...dataOptions(), ...engineOptions()]) {
    if (option.attributeName() === 'dataset')
      option.description = `${datasetNames.join(', ')} (default: what the weights learned from, where they say so)`
    command.addOption(option)
  }
  return command
    .option('--all', 'of a folder without a part to test on: judge all pictures, those learned from among them')
    .option('--allow-other-classes', 'judge although the data has other classes than the weights')
    .addOption(jsonOption('{ count, correct, top1Error, loss }'))
    .addHelpText(
      'after',
      [
        '\nClasses are matched by name. Of a folder, test/ is judged (or val/); where there is none, what was held out when the',
        'weights were fine-tuned on it.',
        examples(
          'eval --weights runs/resnet20-cifar10/best.safetensors --data data',
          'eval --weights resnet20.th --dataset cifar10 --data data',
        ),
      ].join('\n'),
    )
    .action((flags: Flags) => interruptible((signal) => run(tasks, flags, signal), nothingKept))
}

async function run(tasks: CommandTasks, flags: Flags, signal: AbortSignal): Promise<void> {
  const { weights, arch, mean, std } = flags
  const library = libraryTasks(tasks)
  const network = await openWeights({ weights, arch, mean, std }, { signal, tasks: library })
  const own = tasks[taskOfNetwork(network.spec, library).name]!
  if (own.evaluate) {
    const { figures, text } = await own.evaluate(network, flags, signal)
    print(flags.json ? JSON.stringify(figures) : text)
    return
  }
  classifierOf(network.spec)
  const dataset = flags.dataset ?? recordedDataset(flags, network)
  if (flags.all && dataset !== 'folder') throw new ConfigError('--all: is for --dataset folder; leave it out')
  const data = matchChannels(await dataFor(flags, dataset, network, signal), network.spec.input.channels)
  const reads = readsText(network.spec)
  if (reads) say(reads)
  const advice = network.checkpoint && normalisationAdvice(network.checkpoint, data)
  if (advice) say(`note: ${advice}`)
  const options = { ...computeFrom(flags, signal), allowOtherClasses: flags.allowOtherClasses }
  const { count, correct, top1Error, loss, notes } = await evaluate(network, data, options)
  for (const note of notes) say(`note: ${note}`)
  if (flags.json) print(JSON.stringify({ count, correct, top1Error, loss }))
  else
    print(
      `${oneLine(network.spec.name)} on ${count} test pictures of ${oneLine(data.name)}: error ${percentText(top1Error)} (${correct} right), loss ${loss.toFixed(4)}`,
    )
}

/** The data set that the weights learned from. @throws ConfigError where they do not say so, or the data has no name here */
function recordedDataset({ weights }: Flags, { checkpoint }: DecodedNetwork): DatasetName {
  const found = datasetNames.find((name) => name === checkpoint?.data.name)
  if (found) {
    say(`--dataset ${found}: what these weights learned from`)
    return found
  }
  const why = checkpoint
    ? `learned from ${checkpoint.data.name}, which has no name here`
    : 'does not say what its network learned from'
  throw new ConfigError(`--dataset: missing; ${weights} ${why}: name what to judge it on, ${datasetNames.join(', ')}`)
}

async function dataFor(
  flags: Flags,
  dataset: DatasetName,
  { spec, preprocessing, checkpoint }: DecodedNetwork,
  signal: AbortSignal,
): Promise<Dataset> {
  if (dataset !== 'folder' || flags.data === undefined)
    return loadData(flags, dataset, sizeFor(dataset, spec.input.height), signal)
  const { data, testedOn, notes } = await loadTestFolder(flags, flags.data, {
    size: spec.input.height,
    packedSize: preprocessing.resize?.height ?? spec.input.height,
    heldOut: checkpoint?.data.heldOut,
    isUnrecorded: checkpoint?.tuning && checkpoint.data.name === 'folder' && checkpoint.data.heldOut === undefined,
    all: flags.all,
    signal,
  })
  say(`judged on ${testedOn}`)
  for (const note of notes) say(`note: ${note}`)
  return data
}
