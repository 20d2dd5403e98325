/**
 * Makes a picture twice as large: `node examples/upscale.ts weights.safetensors small.png large.png`. Weights come from
 * `npx resnet train --arch vdsr20`, or from `train` in code.
 */
import { load, writePicture } from 'resnet.ts/node'

const [weights, small, large] = process.argv.slice(2)
if (!weights || !small || !large) throw new Error('usage: node examples/upscale.ts WEIGHTS SMALL LARGE')

await using net = await load(weights)
const picture = await net.upscale(small, { scale: 2 })
await writePicture(large, picture)
console.log(`${large}: ${picture.width}x${picture.height} pixels`)
