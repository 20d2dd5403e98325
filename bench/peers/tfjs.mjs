/**
 * Forward passes of a CIFAR ResNet in TensorFlow.js on WebAssembly (SIMD, one thread: in Node it has no more), with
 * batch norms folded into its fused convolutions; takes turns as turns.mjs says.
 *
 *     node bench/peers/tfjs.mjs resnet20 BATCH
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { takeTurns } from './turns.mjs'

const [name, batch] = process.argv.slice(2)
const n = (Number(/\d+/.exec(name)[0]) - 2) / 6
const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
setWasmPaths(`${dirname(main)}/`)
await tf.setBackend('wasm')

/** A 3x3 convolution with the bias that a folded norm leaves. */
function conv(width_in, width, strides) {
  const filter = tf.randomNormal([3, 3, width_in, width], 0, Math.sqrt(2 / (9 * width)))
  const bias = tf.randomNormal([width], 0, 0.1)
  return (x, activation) => tf.fused.conv2d({ x, filter, bias, strides, pad: 'same', activation })
}

/** Two of them beside a shortcut that drops pixels and adds channels of zeros where sizes change. */
function block(width_in, width, stride) {
  const [first, second] = [conv(width_in, width, stride), conv(width, width, 1)]
  const extra = width - width_in
  const shortcut = (x) =>
    stride === 1
      ? x
      : tf.pad(tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, stride, stride, 1]), [
          [0, 0],
          [0, 0],
          [0, 0],
          [extra / 2, extra / 2],
        ])
  return (x) => tf.relu(tf.add(second(first(x, 'relu'), 'linear'), shortcut(x)))
}

const stem = conv(3, 16, 1)
const blocks = []
let width_in = 16
for (const [stage, width] of [16, 32, 64].entries())
  for (let b = 0; b < n; b++) {
    blocks.push(block(width_in, width, stage > 0 && b === 0 ? 2 : 1))
    width_in = width
  }
const classifier = tf.randomNormal([64, 10], 0, 0.01)
const x = tf.randomNormal([Number(batch), 32, 32, 3])

await takeTurns(
  async () => {
    const y = tf.tidy(() => {
      let z = stem(x, 'relu')
      for (const each of blocks) z = each(z)
      return tf.matMul(tf.mean(z, [1, 2]), classifier)
    })
    await y.data()
    y.dispose()
  },
  { version: tf.version.tfjs },
)
