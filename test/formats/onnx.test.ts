// Exported models say what they should, and give PyTorch's logits in ONNX Runtime.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportOnnx } from '../../src/api/files/export.js'
import { decodeNetwork } from '../../src/api/files/weights.js'
import { untrainedWeights } from '../../src/api/network/untrained.js'
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { encodeNode } from '../../src/formats/onnx.js'
import { float, integer, joined, message, part } from '../../src/formats/protobuf.js'
import type { Tensor, TrainedNetwork } from '../../src/formats/trained-network.js'
import { forwardGraph } from '../../src/model/forward.js'
import { initialise } from '../../src/model/initialise.js'
import { parametersOf } from '../../src/model/parameters.js'
import { cifarBasic } from '../../src/spec/families.js'
import { fullyConnected } from '../../src/spec/other-families.js'
import { type NetworkSpec, orders } from '../../src/spec/spec.js'
import { edsr, vdsr } from '../../src/spec/upscaling.js'
import { Random } from '../../src/util/random.js'
import { bytesOf, logits, picturesOf } from './files.js'
import { onnxRuntime, pythonWith, runOnnx, testWhere } from './others.js'
import { onnxProperties, onnxText, operatorSet } from './read-onnx.js'

const keys = Object.keys(logits)
const network = (key: string) => decodeNetwork(bytesOf(`${key}.safetensors`), key)

test.each(['akamaster', 'bearpaw-pre-bottleneck', 'timm-deep'])('%s as a model of ONNX', async (key) => {
  const model = await exportOnnx(await network(key))
  await expect(`${onnxText(model)}\n`).toMatchFileSnapshot(`models/${key}.txt`)
})

test('preprocessing, classes and spec travel along', async () => {
  const given = await network('akamaster')
  const model = await exportOnnx(given)
  expect(operatorSet(model)).toBe(17)
  expect(onnxProperties(model)).toEqual({
    preprocessing: given.preprocessing,
    classes: ['class 0', 'class 1', 'class 2'],
    spec: given.spec,
  })
})

const runtime = onnxRuntime()
describe('in ONNX Runtime', () => {
  testWhere(runtime, 'onnxruntime-node')(`${keys.join(', ')}: PyTorch's logits, for any batch`, async () => {
    for (const key of keys) {
      const given = await network(key)
      const pictures = picturesOf(key)
      const side = Math.sqrt(pictures.length / 6)
      const input = { channels: 3, height: side, width: side }
      const spec = { ...given.spec, input }
      const model = await exportOnnx({ ...given, spec, preprocessing: { ...given.preprocessing, input } })
      const wanted = logits[key]!.flat()
      const most = Math.max(...wanted.map(Math.abs))
      for (const batch of [2, 1]) {
        const got = await runOnnx(runtime!, model, pictures.slice(0, batch * 3 * side * side), [batch, 3, side, side])
        expect(got.length).toBe((wanted.length * batch) / 2)
        expect([key, Math.max(...Array.from(got, (value, i) => Math.abs(value - wanted[i]!))) / most < 1e-5]).toEqual([
          key,
          true,
        ])
      }
    }
  })
})

const python = pythonWith('onnx')
testWhere(python, 'the onnx module of Python')('the rules of ONNX are kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet onnx '))
  try {
    for (const key of keys) {
      const path = join(folder, 'model.onnx')
      writeFileSync(path, await exportOnnx(await network(key)))
      const program =
        'import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True); print("kept")'
      expect(execFileSync(python!, ['-c', program, path], { encoding: 'utf8' })).toBe('kept\n')
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

describe('variants', () => {
  const shape = { depth: 14, widths: [4, 6, 8], input: { channels: 3, height: 16, width: 16 } } as const
  const variants: readonly [string, NetworkSpec][] = [
    ['exclusive gates', cifarBasic({ ...shape, gate: { kind: 'exclusive', bias: -1 } })],
    [
      'shortcut-only gates and scales',
      cifarBasic({ ...shape, gate: { kind: 'shortcut-only', bias: 0 }, branchScale: 0.5 }),
    ],
    ['dropout and scaled shortcuts', cifarBasic({ ...shape, shortcutDropout: 0.5, shortcutScale: 0.5 })],
    ['noise', cifarBasic({ ...shape, shortcut: 'noise' })],
    ...orders.map((order): [string, NetworkSpec] => [order, cifarBasic({ ...shape, order })]),
    ['dense', fullyConnected({ depth: 6, inputs: shape.input, widths: [8, 12], shortcut: 'pad', classes: 10 })],
    ['pictures, as a difference', vdsr({ depth: 4, width: 8 })],
    ['pictures three times as large', edsr({ blocks: 2, width: 8, scale: 3 })],
  ]
  const trained = (spec: NetworkSpec): TrainedNetwork => {
    const random = new Random(4)
    const weights = new Map(
      [...initialise(spec, { seed: 3 })].map(([path, value]): [string, Tensor] => [
        path,
        { shape: shapes(spec).get(path)!, data: value.map((number) => number + 0.2 * random.uniform()) },
      ]),
    )
    return { spec, weights, preprocessing: untrainedWeights(spec).preprocessing }
  }
  const shapes = (spec: NetworkSpec) =>
    new Map(parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference' })).map(({ path, shape }) => [path, shape]))

  test('biases, constants and gates have counterparts', async () => {
    const [, exclusive] = variants[0]!
    const lines = onnxText(await exportOnnx(trained(exclusive))).split('\n')
    const gate = 'stage1.block1.gate'
    const ops = lines
      .filter((line) => /^stage1.block1.(gate|\w+.gated)/.test(line))
      .map((line) => line.replace(/\(.*/, ''))
    expect(ops).toEqual([
      `${gate}.conv = Conv`,
      `${gate}.conv.addBias.1 = Reshape`,
      `${gate}.conv.addBias = Add`,
      `${gate}.negate = Mul`,
      `${gate}.shortcut = Sigmoid`,
      'stage1.block1.shortcut.gated = Mul',
      `${gate}.branch = Sigmoid`,
      'stage1.block1.branch.gated = Mul',
    ])
  })

  testWhere(runtime, 'onnxruntime-node').each(variants)('%s: what the reference engine gives', async (_, spec) => {
    const given = trained(spec)
    const graph = forwardGraph(spec, { batch: 2, mode: 'inference' })
    const random = new Random(8)
    const { channels, height, width } = spec.input
    const pictures = Float32Array.from({ length: 2 * channels * height * width }, () => random.normal())
    const inputs = new Map(
      graph.inputs.map(({ name, role }) => [name, role === 'data' ? pictures : given.weights.get(name)!.data]),
    )
    const wanted = evaluateOutputs(graph, inputs).get(graph.outputs[0]!.name)!
    const got = await runOnnx(runtime!, await exportOnnx(given), pictures, [2, channels, height, width])
    expect(got).toHaveLength(wanted.length)
    const most = Math.max(...Array.from(wanted, Math.abs))
    expect(Math.max(...Array.from(got, (value, i) => Math.abs(value - wanted[i]!))) / most).toBeLessThan(1e-5)
  })
})

test('operations that ONNX does not have are named', () => {
  const node = { op: 'dropout', attributes: {}, inputs: [], outputs: [], path: 'stage1.block1.drop' }
  const scope = { name: () => '', constant: () => '', number: () => '', numbers: () => '' }
  expect(() => encodeNode(node, 'y', scope)).toThrow(
    'stage1.block1.drop: ONNX export does not know dropout; leave this layer out, or save as safetensors',
  )
})

test('protocol buffers: the examples of their specification', () => {
  const hex = (encoded: ReturnType<typeof message>) => Buffer.from(joined(encoded)).toString('hex')
  expect(hex(integer(1, 150))).toBe('089601')
  expect(hex(part(2, 'testing'))).toBe('120774657374696e67')
  expect(hex(part(3, message(integer(1, 150))))).toBe('1a03089601')
  expect(hex(integer(1, 2 ** 40, 0))).toBe('08808080808020' + '0800')
  expect(hex(float(5, 1))).toBe('2d0000803f')
  expect(() => integer(1, -1)).toThrow('a whole number from 0 expected, got -1')
})
