// Whatever is written is read again: the same network to the bit, of every kind, on one to four channels, in every format.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exportOnnx, exportSafetensors } from '../../src/api/files/export.js'
import { decodeNetwork } from '../../src/api/files/weights.js'
import { untrainedWeights } from '../../src/api/network/untrained.js'
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { keyMaps, namedParameters } from '../../src/formats/names/key-maps.js'
import { decodePortable } from '../../src/formats/portable.js'
import type { StoredTensor } from '../../src/formats/stored-tensor.js'
import type { TrainedNetwork } from '../../src/formats/trained-network.js'
import { forwardGraph } from '../../src/model/forward.js'
import { headOf } from '../../src/model/heads/index.js'
import { taskOf } from '../../src/spec/heads/index.js'
import { preset, presetNames } from '../../src/spec/presets.js'
import type { NetworkSpec, StemLayer } from '../../src/spec/spec.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import { type Checkpoint, encodeCheckpoint } from '../../src/train/checkpoint/checkpoint.js'
import { Random } from '../../src/util/random.js'
import { anyNetwork, small, trained, withOddNumbers } from './any-trained.js'
import { onnxRuntime, runOnnx, testWhere } from './others.js'
import { onnxParts, onnxProperties } from './read-onnx.js'

const channelCounts = [1, 2, 3, 4]

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** A checkpoint before the first step. */
function checkpointOf(network: TrainedNetwork): Checkpoint<'classify' | 'upscale'> {
  const task = taskOf(network.spec)
  const running = task === 'classify' ? { loss: 0, wrong: 0, count: 0 } : { loss: 0, squares: 0, count: 0 }
  return {
    ...network,
    recipe: completeRecipe({ steps: 1, batchSize: 1 }, task),
    data: { name: 'none', train: 1, test: 1 },
    progress: { step: 0, running, best: null, history: [] } as unknown as Checkpoint['progress'],
    engine: 'reference',
    optimizer: new Map(),
  }
}

/** Every format of files that are read here. */
const formats: Readonly<Record<string, (network: TrainedNetwork) => Uint8Array | Promise<Uint8Array>>> = {
  'export of resnet.ts': exportSafetensors,
  'checkpoint of resnet.ts': (network) => encodeCheckpoint(checkpointOf(network)),
}

async function expectSame(network: TrainedNetwork): Promise<void> {
  for (const [origin, write] of Object.entries(formats)) {
    const file = await write(network)
    const read = await decodeNetwork(file, 'a file')
    expect(read.origin).toBe(origin)
    expect(read.assumed).toBeUndefined()
    expect(read.spec).toEqual(network.spec)
    expect(read.preprocessing).toEqual(network.preprocessing)
    expect(asBytes(read)).toEqual(asBytes(network))
    expect(Buffer.compare(await write(read), file)).toBe(0)
  }
  expectWhole(await exportOnnx(network), network)
}

/** Shape and bytes of each tensor, in the order of their names. */
function asBytes({ weights }: TrainedNetwork): string[] {
  return [...weights].map(([path, { shape, data }]) => `${path} ${shape} ${bytesOf(data).toString('hex')}`).sort()
}

/** An ONNX model is not read here: it must hold the same weights and spec, and be a graph that fits together. */
function expectWhole(model: Uint8Array, { spec, preprocessing, weights }: TrainedNetwork): void {
  const { inputs, outputs, initializers, nodes } = onnxParts(model)
  expect(onnxProperties(model)).toEqual({ preprocessing, classes: preprocessing.classes, spec })
  const differ = [...weights].filter(([path, { shape, data }]) => {
    const found = initializers.get(path)
    return !found || `${found.shape}` !== `${shape}` || !bytesOf(data).equals(found.bytes)
  })
  expect(differ.map(([path]) => path)).toEqual([])
  expect(inputs).toEqual(['pictures'])
  expect(outputs).toEqual([taskOf(spec) === 'classify' ? 'logits' : 'picture'])
  const known = new Set([...inputs, ...initializers.keys()])
  expect(known.size).toBe(1 + initializers.size)
  const faults: string[] = []
  for (const node of nodes) {
    for (const name of node.inputs) if (!known.has(name)) faults.push(`${name} is not known`)
    for (const name of node.outputs) {
      if (known.has(name)) faults.push(`${name} is there already`)
      known.add(name)
    }
    const kernel = node.lists.get('kernel_shape')
    if (/^(Conv|MaxPool|AveragePool)$/.test(node.type) && kernel?.length !== 2)
      faults.push(`${node.outputs}: no kernel`)
    if (node.type === 'Conv' && `${initializers.get(node.inputs[1]!)?.shape.slice(2)}` !== `${kernel}`)
      faults.push(`${node.outputs}: a kernel of ${kernel}`)
  }
  for (const name of outputs) if (!known.has(name)) faults.push(`${name} is given by no node`)
  expect(faults).toEqual([])
}

function answers({ spec, weights }: TrainedNetwork): Float32Array {
  const graph = forwardGraph(spec, { batch: 2, mode: 'inference' })
  const inputs = new Map(
    graph.inputs.map(({ name, role }) => [name, role === 'data' ? picturesFor(spec) : weights.get(name)!.data]),
  )
  return Float32Array.from(evaluateOutputs(graph, inputs).get(graph.outputs[0]!.name)!)
}

function picturesFor({ input: { channels, height, width } }: NetworkSpec): Float32Array {
  const random = new Random(8)
  return Float32Array.from({ length: 2 * channels * height * width }, () => random.normal())
}

describe.each(channelCounts)('pictures of %i channels', (channels) => {
  test('every preset, made small', async () => {
    // Made small, those that differ in depth alone are one.
    const specs = new Map(
      presetNames.map((preset) => {
        const { name, ...spec } = small(preset, channels)
        return [JSON.stringify(spec), { ...spec, name }]
      }),
    )
    expect(specs.size).toBeGreaterThan(25)
    let seed = 0
    for (const spec of specs.values()) await expectSame(trained(spec, seed++))
  })
})

const norm = { kind: 'norm' } as const
const relu = { kind: 'relu' } as const
const conv = { kind: 'conv', width: 4, kernel: 3 } as const
/** Before blocks of four channels. */
const stems: Readonly<Record<string, readonly StemLayer[]>> = {
  'two norms': [conv, norm, relu, norm],
  'two norms before a convolution': [norm, norm, conv],
  'three norms and two convolutions': [conv, norm, norm, conv, norm],
  'norms alone': [norm, relu, norm],
  'two convolutions, one norm': [{ ...conv, bias: true }, relu, conv, norm],
  nothing: [],
}

test.each(Object.entries(stems))('a stem of %s', async (_, stem) => {
  const spec = { ...small('resnet164', 3), stem }
  await expectSame(trained(spec))
  const { weights } = trained(spec)
  expect(new Set(namedParameters(spec, keyMaps.torchvision).map(({ name }) => name)).size).toBe(weights.size)
})

test('a net without stages', async () => {
  await expectSame(trained({ ...small('resnet8', 2), stages: [] }))
})

test('nets nobody has thought of, with numbers that are easily lost', async () => {
  let pictures = 0
  await fc.assert(
    fc.asyncProperty(anyNetwork, fc.nat(99), async (spec, seed) => {
      await expectSame(withOddNumbers(trained(spec, seed)))
      if (taskOf(spec) === 'upscale') pictures += 1
    }),
    { numRuns: 100, seed: 5 },
  )
  expect(pictures).toBeGreaterThan(10)
})

test('the answers are the same to the bit', async () => {
  await fc.assert(
    fc.asyncProperty(anyNetwork, async (spec) => {
      const network = trained(spec)
      const wanted = bytesOf(answers(network))
      for (const write of Object.values(formats))
        expect(bytesOf(answers(await decodeNetwork(await write(network), 'a file'))).equals(wanted)).toBe(true)
    }),
    { numRuns: 15, seed: 6 },
  )
})

const runtime = onnxRuntime()
testWhere(runtime, 'onnxruntime-node')('ONNX Runtime answers as the reference engine does', async () => {
  await fc.assert(
    fc.asyncProperty(anyNetwork, async (spec) => {
      const network = trained(spec)
      const { channels, height, width } = spec.input
      const wanted = answers(network)
      const got = await runOnnx(runtime!, await exportOnnx(network), picturesFor(spec), [2, channels, height, width])
      const most = Math.max(1e-3, ...Array.from(wanted, Math.abs))
      expect(got).toHaveLength(wanted.length)
      expect(Math.max(...Array.from(got, (value, i) => Math.abs(value - wanted[i]!))) / most).toBeLessThan(1e-4)
    }),
    { numRuns: 40, seed: 7 },
  )
})

test('every preset in full, by names and shapes', () => {
  for (const name of presetNames) {
    const usual = preset(name)
    const channels = 1
    const spec = { ...usual, input: { ...usual.input, channels } }
    const parameters = namedParameters(spec, keyMaps.torchvision)
    const floats = () => new Float32Array(0) // nobody looks at the numbers here
    const tensors = new Map(
      parameters.map(({ name, shape }): [string, StoredTensor] => [name, { shape, type: 'f32', floats }]),
    )
    const preprocessing = {
      normalisation: { mean: Array(channels).fill(0), std: Array(channels).fill(1) },
      input: spec.input,
      ...headOf(spec.head).answers(spec.head),
    }
    const metadata = {
      keys: 'torchvision',
      spec: JSON.stringify(spec),
      preprocessing: JSON.stringify(preprocessing),
    }
    const read = decodePortable(tensors, { tensors: new Map(), metadata }, name)
    expect(read.spec).toEqual(spec)
    expect([...read.weights].map(([path, { shape }]) => [path, shape])).toEqual(
      parameters.map(({ path, shape }) => [path, shape]),
    )
  }
})

test('what torchvision has no name for is named in the same manner', () => {
  const names = namedParameters(small('resnet110_exclusive_gate', 3), keyMaps.torchvision).map(({ name }) => name)
  expect(names).toContain('layer1.0.gate.conv.weight')
  expect(names).toContain('layer1.0.gate.conv.bias')
  const { stem, ...spec } = small('edsr_baseline', 1)
  const others = namedParameters({ ...spec, stem: [...stem, norm, norm] }, keyMaps.torchvision)
  expect(others.map(({ name }) => name).filter((name) => !name.startsWith('layer'))).toEqual([
    ...['conv1.weight', 'conv1.bias', 'bn1.weight', 'bn1.bias', 'bn1.running_mean', 'bn1.running_var'],
    ...['bn2.weight', 'bn2.bias', 'bn2.running_mean', 'bn2.running_var'],
    ...['head.merge.weight', 'head.merge.bias', 'head.enlarge1.weight', 'head.enlarge1.bias'],
    ...['head.conv.weight', 'head.conv.bias'],
  ])
})

describe('what could not be read again is not written', () => {
  const whole = trained(small('resnet8', 1))
  const without = new Map([...whole.weights].filter(([path]) => path !== 'stem.conv.weight'))
  const { shape, data } = whole.weights.get('head.classifier.bias')!
  const bad: readonly [string, Partial<TrainedNetwork>][] = [
    ['resnet8: its weights lack stem.conv.weight; nothing is written', { weights: without }],
    [
      'resnet8: its weights hold head.classifier.bias with shape 3 and 2 numbers, its spec expects 3',
      { weights: new Map([...whole.weights, ['head.classifier.bias', { shape, data: data.subarray(1) }]]) },
    ],
    [
      'resnet8: its weights hold more, which belongs to no layer of its spec',
      { weights: new Map([...whole.weights, ['more', { shape, data }]]) },
    ],
    [
      'network.preprocessing.normalisation.mean: expected 1 numbers, one a channel, got 3',
      { preprocessing: { ...whole.preprocessing, normalisation: { mean: [0, 0, 0], std: [1, 1, 1] } } },
    ],
    [
      'network.preprocessing.normalisation.std: channel 0 has 0, expected a finite number above 0',
      { preprocessing: { ...whole.preprocessing, normalisation: { mean: [0], std: [0] } } },
    ],
  ]
  test.each(bad)('%s', async (message, change) => {
    const network = { ...whole, ...change }
    await expect(exportSafetensors(network)).rejects.toThrow(message)
    await expect(exportOnnx(network)).rejects.toThrow(message)
  })

  test('2 GiB and more', async () => {
    const width = 1024
    const spec: NetworkSpec = {
      ...small('resnet8', 3),
      name: 'large',
      stem: [],
      stages: [
        {
          blocks: Array.from({ length: 60 }, () => ({
            branch: [{ kind: 'conv', width, kernel: 3 }],
            ...{ stride: 1, strideIn: 0, order: 'post', shortcut: 'none', norm: false },
          })) as NetworkSpec['stages'][number]['blocks'],
        },
      ],
    }
    const shared = new Float32Array(9 * width * width)
    const { preprocessing } = untrainedWeights({ ...spec, stages: [] })
    const weights = new Map(
      namedParameters(spec, keyMaps.torchvision).map(({ path, shape }) => [
        path,
        {
          shape,
          data: shared.subarray(
            0,
            shape.reduce((a, b) => a * b, 1),
          ),
        },
      ]),
    )
    const message = 'large: its weights take 2227'
    await expect(exportSafetensors({ spec, preprocessing, weights })).rejects.toThrow(message)
    await expect(exportOnnx({ spec, preprocessing, weights })).rejects.toThrow(
      'neither this package nor ONNX reads files of 2 GiB or more; nothing is written',
    )
  })
})
