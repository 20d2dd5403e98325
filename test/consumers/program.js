/** What each page does: trains a tiny network on the built-in pictures, as a user of the package would write it. */
import { builtin, createTrainer, openEngine, preset } from 'resnet.ts'

const size = 16
const steps = 6

/** @param {object} recipe */
export async function openTraining(recipe) {
  const engine = await openEngine()
  const spec = preset('resnet8', { input: { channels: 3, height: size, width: size } })
  const trainer = await createTrainer(spec, builtin({ size, train: 512, test: 64 }), recipe, { engine })
  const train = async () => {
    for await (const _ of trainer.steps(steps));
    const { top1Error } = await trainer.evaluate()
    const { build, threads, reason } = engine
    return { build, threads, reason, top1Error, weightHash: await trainer.weightHash() }
  }
  const close = async () => {
    await trainer.dispose()
    await engine.dispose()
  }
  return { train, close }
}
