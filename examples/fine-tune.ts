/**
 * Teaches a trained network the classes of a folder of pictures, and classifies one more:
 * `node examples/fine-tune.ts weights.pth my-pictures new.jpg`. The folder holds a folder for each class.
 */
import { finetune, imageFolder, load } from 'resnet.ts/node'

const [weights, folder, picture] = process.argv.slice(2)
if (!weights || !folder || !picture) throw new Error('usage: node examples/fine-tune.ts WEIGHTS FOLDER PICTURE')

await using net = await load(weights)
const data = await imageFolder(folder, { size: net.spec.input.height })
await using tuned = await finetune(net, data, { epochs: 5, lr: 0.01 })

const { accuracy, answers } = tuned.test
console.log(`${accuracy.toFixed(1)} % of ${answers.length} pictures that were held out are recognised`)
const [best] = await tuned.classify(picture)
console.log(`${picture}: ${best?.label}`)
await tuned.save('tuned.safetensors')
