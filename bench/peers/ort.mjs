/**
 * Forward passes of a network in ONNX Runtime on one synthetic batch; takes turns as turns.mjs says.
 *
 *     node bench/peers/ort.mjs FILE BATCH THREADS
 */
import { createRequire } from 'node:module'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { takeTurns } from './turns.mjs'

const [file, , threads] = process.argv.slice(2)
const session = await InferenceSession.create(file, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
})
const { shape } = session.inputMetadata[0]
const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i % 17) / 8 - 1)
const x = new Tensor('float32', data, shape)
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json')
await takeTurns(() => session.run({ x }), { version })
