/** `resnet eval` for classifiers: error and loss on a test set. */
import {
  ConfigError,
  type Dataset,
  type DatasetName,
  type DecodedNetwork,
  evaluate as evaluateNetwork,
  matchChannels,
  normalisationAdvice,
} from '../../../internal.node.js'
import type { EvalFlags } from '../../flags/network.js'
import { computeFrom, sizeFor } from '../../flags/options.js'
import { readsText } from '../../flags/weights.js'
import { loadData, loadTestFolder, recordedDataset } from '../../load-data.js'
import { oneLine, percentText, say } from '../../terminal/output.js'
import type { Measured } from '../task.js'

export async function evaluate(network: DecodedNetwork, flags: EvalFlags, signal: AbortSignal): Promise<Measured> {
  const dataset = flags.dataset ?? recordedDataset(flags.weights, network)
  if (flags.all && dataset !== 'folder') throw new ConfigError('--all: is for --dataset folder; leave it out')
  const data = matchChannels(await dataFor(flags, dataset, network, signal), network.spec.input.channels)
  const reads = readsText(network.spec)
  if (reads) say(reads)
  const advice = network.checkpoint && normalisationAdvice(network.checkpoint, data)
  if (advice) say(`note: ${advice}`)
  const options = { ...computeFrom(flags, signal), allowOtherClasses: flags.allowOtherClasses }
  const { count, correct, accuracy, top1Error, loss, notes } = await evaluateNetwork(network, data, options)
  for (const note of notes) say(`note: ${note}`)
  return {
    figures: { count, correct, accuracy, top1Error, loss },
    text: `${oneLine(network.spec.name)} on ${count} test pictures of ${oneLine(data.name)}: error ${percentText(top1Error)} (${correct} right), loss ${loss.toFixed(4)}`,
  }
}

async function dataFor(
  flags: EvalFlags,
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
