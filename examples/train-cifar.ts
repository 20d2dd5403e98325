/**
 * Trains a ResNet-20 on CIFAR-10 with a tenth of its pictures to validate on, and saves it:
 * `node examples/train-cifar.ts data net.safetensors`. `npx resnet data cifar10` fetches the data set.
 */
import { cifar10, preset, splitDataset, train } from 'resnet.ts/node'

const [folder, file, epochs = '20'] = process.argv.slice(2)
if (!folder || !file) throw new Error('usage: node examples/train-cifar.ts FOLDER FILE [EPOCHS]')

const run = await train(
  preset('resnet20'),
  splitDataset(await cifar10(folder), 0.1),
  { epochs: Number(epochs), batchSize: 128, lr: 0.1, momentum: 0.9, weightDecay: 1e-4, schedule: 'cosine' },
  { onEpoch: ({ epoch, val }) => console.log(`epoch ${epoch}: validation error ${val?.top1Error.toFixed(2)} %`) },
)
console.log(`test accuracy ${run.test.accuracy.toFixed(2)} %`)

await using net = run.network
await net.save(file)
