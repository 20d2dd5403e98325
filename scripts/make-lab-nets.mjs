/**
 * Trains the nets that the lab ships, for Lesions a ResNet-32 and its plain twin, for Paths a ResNet-14, and writes them to
 * `lab/weights` with weights in half precision (f16), torchvision's names, spec and preprocessing within:
 *
 *   node scripts/make-lab-nets.mjs     some minutes on two cores; the same engine build makes the same bits
 *
 * All are trained on the built-in set with one recipe. Each line says the test error of what was written.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import {
  builtin,
  cifarBasic,
  decodeNetwork,
  evaluate,
  exportSafetensors,
  openEngine,
  plainTwin,
  train,
} from '../dist/internal.node.js'

const recipe = {
  epochs: 30,
  batchSize: 64,
  lr: 0.1,
  schedule: 'one-cycle',
  augmentation: { pad: 2, flip: true },
  seed: 1,
}
const folder = new URL('../lab/weights/', import.meta.url)
mkdirSync(folder, { recursive: true })

const resnet = (depth) => cifarBasic({ depth, widths: [8, 16, 32], input: { channels: 3, height: 16, width: 16 } })
const data = builtin({ size: 16 })
const engine = await openEngine()

for (const spec of [resnet(32), plainTwin(resnet(32)), resnet(14)]) {
  const { checkpoint } = await train(spec, data, recipe, { engine })
  const bytes = inHalves(await exportSafetensors(checkpoint))
  const name = `${spec.name}.safetensors`
  const { top1Error } = await evaluate(await decodeNetwork(bytes, name), data, { engine })
  writeFileSync(new URL(name, folder), bytes)
  console.log(`${name}: ${top1Error.toFixed(1)} % test error, ${bytes.length} bytes, trained on ${engine.build}`)
}
await engine.dispose()

/** A safetensors file with every F32 tensor rounded to F16. */
function inHalves(file) {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
  const { __metadata__, ...tensors } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))
  const halves = { __metadata__ }
  const parts = []
  let at = 0
  for (const [
    name,
    {
      shape,
      data_offsets: [begin, end],
    },
  ] of Object.entries(tensors)) {
    const floats = new Float32Array(file.slice(8 + length + begin, 8 + length + end).buffer)
    const part = Uint16Array.from(floats, half)
    halves[name] = { dtype: 'F16', shape, data_offsets: [at, at + part.byteLength] }
    at += part.byteLength
    parts.push(Buffer.from(part.buffer))
  }
  const text = JSON.stringify(halves)
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([size, header, ...parts])
}

/** The nearest binary16, ties to even; weights are far from its largest number. */
function half(value) {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24)
  const exponent = Math.floor(Math.log2(size))
  const fraction = roundEven((size / 2 ** exponent - 1) * 1024)
  return sign | (((exponent + 15) << 10) + fraction)
}

function roundEven(value) {
  const whole = Math.floor(value)
  const rest = value - whole
  return rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole
}
