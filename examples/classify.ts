/**
 * Classifies pictures: `node examples/classify.ts weights.pth cat.jpg dog.jpg`. Weights are a file of PyTorch, safetensors,
 * a checkpoint, or a network of the Hugging Face Hub such as hub:timm/resnet18.a1_in1k.
 */
import { load } from 'resnet.ts/node'

const [weights, ...pictures] = process.argv.slice(2)
if (!weights || pictures.length === 0) throw new Error('usage: node examples/classify.ts WEIGHTS PICTURE...')

await using net = await load(weights)
for (const picture of pictures) {
  const [best] = await net.classify(picture)
  console.log(`${picture}: ${best?.label} (${(100 * (best?.probability ?? 0)).toFixed(1)} %)`)
}
