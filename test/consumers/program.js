/** What pages do, as a user of the package would write it: train a tiny network, and ask one about pictures. */
import { builtin, createTrainer, encodeCheckpoint, load, openEngine, preset, train } from 'resnet.ts'

const size = 16
const steps = 6
const spec = preset('resnet8', { input: { channels: 3, height: size, width: size } })

/** @param {object} recipe */
export async function openTraining(recipe) {
  const engine = await openEngine()
  const trainer = await createTrainer(spec, builtin({ size, train: 512, test: 64 }), recipe, { engine })
  const trainToEnd = async () => {
    for await (const _ of trainer.steps(steps));
    const { top1Error } = await trainer.evaluate()
    const { build, threads, reason } = engine
    return { build, threads, reason, top1Error, weightHash: await trainer.weightHash() }
  }
  const close = async () => {
    await trainer.dispose()
    await engine.dispose()
  }
  return { train: trainToEnd, close }
}

/** A network from a Blob looks at one drawing in each of the forms that pages have; and two things that cannot be. */
export async function look() {
  const { checkpoint } = await train(spec, builtin({ size, train: 32, test: 8 }), { steps: 1, batchSize: 32 })
  const net = await load(new Blob([encodeCheckpoint(checkpoint)]))
  const canvas = document.createElement('canvas')
  canvas.width = 40
  canvas.height = 30
  const context = canvas.getContext('2d')
  context.fillStyle = 'teal'
  context.fillRect(5, 5, 20, 15)
  const image = new Image()
  image.src = canvas.toDataURL()
  await image.decode()
  image.width = 7 // as shown; it has 40 pixels all the same
  const pictures = [context.getImageData(0, 0, 40, 30), canvas, await createImageBitmap(canvas), image]
  const answers = await net.classify(pictures, { top: 2 })
  const refusal = (promise) => promise.then(String, (error) => error.message)
  const empty = await refusal(net.classify(new Image()))
  const missing = await refusal(load('nowhere.safetensors'))
  await net.dispose()
  return { answers, empty, missing }
}
