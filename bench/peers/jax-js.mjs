/**
 * Forward passes of a CIFAR ResNet in jax-js on WebAssembly (one thread: in Node it has no more), compiled by its jit,
 * with batch norms folded into biases; takes turns as turns.mjs says.
 *
 *     node bench/peers/jax-js.mjs resnet20 BATCH
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { defaultDevice, init, jit, lax, nn, numpy as np } from '@jax-js/jax'
import { takeTurns } from './turns.mjs'

const [name, batch] = process.argv.slice(2)
const n = (Number(/\d+/.exec(name)[0]) - 2) / 6
await init('wasm')
defaultDevice('wasm')

const random = (shape, scale) =>
  np
    .array(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => scale * (Math.random() - 0.5)))
    .reshape(shape)

const weights = []
const addConv = (width_in, width) => {
  weights.push(random([width, width_in, 3, 3], Math.sqrt(24 / (9 * width))), random([1, width, 1, 1], 0.2))
}
const blocks = []
let width_in = 16
addConv(3, 16)
for (const [stage, width] of [16, 32, 64].entries())
  for (let b = 0; b < n; b++) {
    addConv(width_in, width)
    addConv(width, width)
    blocks.push({ stride: stage > 0 && b === 0 ? 2 : 1, extra: width - width_in })
    width_in = width
  }
weights.push(random([64, 10], 0.1))

/** Every second pixel, and channels of zeros around those there are. */
function shrunk(x, extra) {
  const [count, channels, height, width] = x.shape
  const pairs = x.reshape([count, channels, height / 2, 2, width / 2, 2])
  const around = [extra / 2, extra / 2]
  return np.pad(pairs.slice([], [], [], 0, [], 0), [[0, 0], around, [0, 0], [0, 0]])
}

const forward = jit((parameters, pictures) => {
  let next = 0
  const conv = (x, stride) => {
    const y = lax.conv(
      x,
      parameters[next],
      [stride, stride],
      stride === 1
        ? 'SAME'
        : [
            [1, 1],
            [1, 1],
          ],
    )
    next += 2
    return y.add(parameters[next - 1])
  }
  let x = nn.relu(conv(pictures, 1))
  for (const { stride, extra } of blocks) {
    const y = conv(nn.relu(conv(x.ref, stride)), 1)
    x = nn.relu(y.add(stride === 1 ? x : shrunk(x, extra)))
  }
  return np.matmul(np.mean(x, [2, 3]), parameters[next])
})

const x = random([Number(batch), 3, 32, 32], 2)
const main = createRequire(import.meta.url).resolve('@jax-js/jax')
const { version } = JSON.parse(readFileSync(join(dirname(main), '..', 'package.json'), 'utf8'))
await takeTurns(
  async () => {
    const y = forward(
      weights.map((weight) => weight.ref),
      x.ref,
    )
    await y.data()
  },
  { version },
)
