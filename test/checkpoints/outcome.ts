/** What a file of weights comes to: its weights, its answers, its figures, and the end of the training that it is of. */
import {
  type ChosenEngine,
  type Dataset,
  decodeAnyCheckpoint,
  decodeNetwork,
  evaluate,
  isFor,
  load,
  resumeFinetuning,
  resumeTrainer,
  sha256,
  taskOf,
  trainToEnd,
  type UpscalingData,
  weightHash,
} from '../../src/internal.node.js'
import * as made from './data.js'

/** Plain data, equal where all bits are. Numbers of JSON come back as they were. */
export async function outcomeOf(
  bytes: Uint8Array,
  data: Dataset | UpscalingData,
  engine: ChosenEngine,
  isExport: boolean,
) {
  const network = await decodeNetwork(bytes, 'the file')
  const { engine: _, notes: __, ...evaluated } = await evaluate(network, data as Dataset, { engine })
  return {
    weights: weightHash(network.weights),
    answers: await answers(bytes, engine),
    evaluated,
    ...(isExport ? {} : { resumed: await resumed(bytes, data, engine) }),
  }
}

/** What the network answers to a picture or a row that it has never seen. */
async function answers(bytes: Uint8Array, engine: ChosenEngine) {
  await using net = await load(bytes, { engine })
  const { input } = net.spec
  if (taskOf(net.spec) === 'upscale') {
    const { scales = [] } = net.preprocessing
    const picture = made.pixels(3, 9)
    return await Promise.all(
      scales.map(async (scale) => sha256((await net.upscale(picture, { scale })).data as Uint8Array)),
    )
  }
  return await net.classify(input.height === 1 ? [[1, 0.5, 0.25, 2]] : [made.pixels(input.channels, input.height)])
}

/** The end of a training: weights, the optimizer's state, and all figures that were told on the way. */
async function resumed(bytes: Uint8Array, data: Dataset | UpscalingData, engine: ChosenEngine) {
  const checkpoint = decodeAnyCheckpoint(bytes, 'the file')
  const options = { engine }
  if (!isFor(checkpoint, 'classify')) {
    await using trainer = await resumeTrainer(checkpoint as never, data as never, options)
    return endOf((await trainToEnd(trainer)).checkpoint)
  }
  if (checkpoint.tuning) {
    await using tuning = await resumeFinetuning(checkpoint, data as Dataset, options)
    const { checkpoint: end, test } = await tuning.run()
    return { ...endOf(end), judged: { top1Error: test.top1Error, confusion: test.confusion } }
  }
  await using trainer = await resumeTrainer(checkpoint, data as Dataset, options)
  return endOf((await trainToEnd(trainer)).checkpoint)
}

function endOf({ weights, optimizer, progress }: ReturnType<typeof decodeAnyCheckpoint>) {
  return { weights: weightHash(weights), optimizer: weightHash(optimizer), progress }
}
