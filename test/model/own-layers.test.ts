/** Layers of your own behind convolutions: checked, built, counted, initialised, trained in every order; or refused in words. */
import { describe, expect, test } from 'vitest'
import { openReference } from '../../src/engine/reference/engine.js'
import { encodeOnnx } from '../../src/formats/onnx.js'
import { encodePortable } from '../../src/formats/portable.js'
import { graphText } from '../../src/graph/text.js'
import { compileGraph } from '../../src/inference/compile.js'
import { complexity } from '../../src/model/complexity.js'
import { forwardGraph } from '../../src/model/forward.js'
import { initialise } from '../../src/model/initialise.js'
import { parametersOf } from '../../src/model/parameters.js'
import { summary } from '../../src/model/summary.js'
import { depthOf } from '../../src/spec/blocks.js'
import { edsr } from '../../src/spec/checked.js'
import { cifarBasic } from '../../src/spec/families.js'
import { plainTwin } from '../../src/spec/plain-twin.js'
import { type NetworkSpec, orders } from '../../src/spec/spec.js'
import { appendBlocks } from '../../src/spec/surgery.js'
import { validateSpec } from '../../src/spec/validate.js'
import { tasks } from '../../src/tasks/index.js'
import { withLayers } from '../../src/tasks/layers.js'
import { describeEngines } from '../engine/engines.js'
import { onnxText } from '../formats/read-onnx.js'
import { tinySpec } from '../train/tiny.js'
import { ownHeads, ownTasks, withOwn } from './own-layers.js'

const gated = withOwn(tinySpec, { kind: 'squeeze', narrow: 2 })

describe('as plain data', () => {
  test('a spec with one goes through JSON, given the table', () => {
    expect(validateSpec(JSON.parse(JSON.stringify(gated)), undefined, ownHeads)).toEqual(gated)
  })

  test('without the table, or of an unknown kind, it is one clear error', () => {
    expect(() => validateSpec(gated)).toThrow(
      'stage1.block1.conv2.after: no layers of your own are known here; hand in tasks that have them, see withLayers',
    )
    expect(() => validateSpec(withOwn(tinySpec, { kind: 'toString' }), undefined, ownHeads)).toThrow(
      'stage1.block1.conv2.after: there is no layer of the kind "toString"; those handed in are squeeze, shift, halve',
    )
    expect(() => validateSpec(withOwn(tinySpec, 3 as never), undefined, ownHeads)).toThrow(
      'stage1.block1.conv2.after: expected an object, got 3',
    )
  })

  test('its own check says what is wrong with its fields', () => {
    expect(() => validateSpec(withOwn(tinySpec, { kind: 'squeeze', narrow: 0 }), undefined, ownHeads)).toThrow(
      'stage1.block1.conv2.after: narrow must be a whole number of at least 1, got 0',
    )
  })

  test('it counts in the depth as it says', () => {
    expect(depthOf(gated, ownHeads)).toBe(depthOf(tinySpec))
    expect(depthOf(withOwn(tinySpec, { kind: 'shift' }), ownHeads)).toBe(depthOf(tinySpec) + 3)
  })

  test('twin and longer stages keep it', () => {
    const twin = plainTwin(gated, ownHeads)
    expect(twin.stages[0]!.blocks[0]!.branch).toEqual(gated.stages[0]!.blocks[0]!.branch)
    expect(() => appendBlocks(gated, 1, 1)).toThrow('no layers of your own are known here')
  })
})

describe('as a graph', () => {
  test('it stands behind the norm of its convolution, before the addition', () => {
    const lines = graphText(forwardGraph(gated, { batch: 2, mode: 'training', heads: ownHeads })).split('\n')
    const paths = lines.flatMap((line) => /# stage1\.block1\.(\S+)$/.exec(line)?.[1] ?? [])
    const inner = ['means', 'narrow', 'narrow', 'widen', 'widen', 'gate', 'spread', 'gated'].map(
      (name) => `squeeze2.${name}`,
    )
    const norm = (number: number) => [`norm${number}`, `norm${number}`, `norm${number}`]
    expect(paths).toEqual(['conv1', ...norm(1), 'relu1', 'conv2', ...norm(2), ...inner, 'add', 'relu'])
  })

  test('parameters have paths, and count', () => {
    const graph = forwardGraph(gated, { batch: 1, mode: 'inference', heads: ownHeads })
    const found = parametersOf(graph).filter(({ path }) => path.startsWith('stage2.block1.squeeze2.'))
    expect(found.map(({ path, shape }) => `${path} ${shape.join('x')}`)).toEqual([
      'stage2.block1.squeeze2.narrow.weight 2x6x1x1',
      'stage2.block1.squeeze2.narrow.bias 2',
      'stage2.block1.squeeze2.widen.weight 6x2x1x1',
      'stage2.block1.squeeze2.widen.bias 6',
    ])
    const more = [4, 6, 8].reduce((sum, width) => sum + 2 * 2 * width + 2 + width, 0)
    expect(complexity(gated, ownHeads).params).toBe(complexity(tinySpec).params + more)
    expect(summary(gated, { heads: ownHeads })).toContain('stage2.block1.squeeze2.narrow')
    expect(summary(gated, { heads: ownHeads, rows: 'block' })).toContain('ReLU(F + x)')
  })

  test('maps of another shape are refused', () => {
    const spec = withOwn(tinySpec, { kind: 'halve' })
    expect(() => forwardGraph(spec, { batch: 1, mode: 'inference', heads: ownHeads })).toThrow(
      'stage1.block1.halve2: a layer of your own must give maps of the shape that it reads, 1x4x8x8, got 1x4x4x4',
    )
  })

  test('fresh weights are as it asks, all others as they were', () => {
    const fresh = initialise(gated, { seed: 1, heads: ownHeads })
    const before = initialise(tinySpec, { seed: 1 })
    for (const [path, values] of before) expect(fresh.get(path)).toEqual(values)
    const spread = (path: string) =>
      Math.sqrt(fresh.get(path)!.reduce((sum, x) => sum + x * x, 0) / fresh.get(path)!.length)
    expect(spread('stage3.block1.squeeze2.widen.weight')).toBeGreaterThan(0.25)
    expect(spread('stage3.block1.squeeze2.widen.weight')).toBeLessThan(0.8)
    expect(fresh.get('stage3.block1.squeeze2.widen.bias')).toEqual(new Float32Array(8))
  })

  test('a branch starts as zero where the layer gives zeros for zeros, and is refused where not', () => {
    const zeroed = initialise(gated, { seed: 1, zeroInitResidual: true, heads: ownHeads })
    expect(zeroed.get('stage1.block1.norm2.scale')).toEqual(new Float32Array(4))
    const shifted = withOwn(tinySpec, { kind: 'shift' })
    expect(() => initialise(shifted, { seed: 1, zeroInitResidual: true, heads: ownHeads })).toThrow(
      'stage1.block1.shift2: the branch cannot start as zero, for this layer gives no zeros for zeros; train without zeroInitResidual',
    )
    const inside = withOwn(tinySpec, { kind: 'shift' }, 0)
    expect(
      initialise(inside, { seed: 1, zeroInitResidual: true, heads: ownHeads }).get('stage1.block1.norm2.scale'),
    ).toEqual(new Float32Array(4))
  })
})

await describeEngines(
  (engine) => {
    const specs = orders.flatMap((order): [string, NetworkSpec][] => {
      const spec = cifarBasic({
        depth: 8,
        widths: [4, 17, 20],
        classes: 3,
        input: { channels: 3, height: 8, width: 6 },
        order,
      })
      return [
        [`${order}, behind the last`, withOwn(spec, { kind: 'squeeze', narrow: 3 })],
        [`${order}, behind the first`, withOwn(spec, { kind: 'shift' }, 0)],
      ]
    })
    test.each(specs)('%s: loss and logits of the reference, in training', async (_, spec) => {
      const graph = forwardGraph(spec, { batch: 2, mode: 'training', heads: ownHeads })
      const fresh = initialise(spec, { seed: 5, heads: ownHeads })
      const run = async (on: ReturnType<typeof engine>) => {
        const executable = await compileGraph(on, graph)
        for (const [path, values] of fresh) executable.write(path, values)
        executable.write('labels', Int32Array.of(0, 2))
        executable.write(
          'pictures',
          Float32Array.from({ length: 2 * 3 * 48 }, (_, i) => ((i * 29) % 17) / 8 - 1),
        )
        await executable.run()
        const found = [...(await executable.read('loss')), ...(await executable.read('logits'))]
        await executable.dispose()
        return found
      }
      const [got, wanted] = [await run(engine()), await run(openReference())]
      got.forEach((value, i) => {
        expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(wanted[i]!)))
      })
    })
  },
  ['reference'],
)

describe('in files of others', () => {
  const weights = new Map(
    parametersOf(forwardGraph(gated, { batch: 1, mode: 'inference', heads: ownHeads })).map(
      ({ path, shape }) => [path, { shape, data: initialise(gated, { seed: 2, heads: ownHeads }).get(path)! }] as const,
    ),
  )
  const preprocessing = {
    normalisation: { mean: [0, 0, 0], std: [1, 1, 1] },
    input: gated.input,
    classes: ['a', 'b'],
  }

  test('ONNX has it node by node, for any batch', () => {
    const text = onnxText(encodeOnnx({ spec: gated, preprocessing, weights }, ownHeads))
    const ops = text.split('\n').filter((line) => line.startsWith('stage1.block1.squeeze2'))
    expect(ops.map((line) => line.replace(/\(.*/, ''))).toEqual([
      'stage1.block1.squeeze2.means = AveragePool',
      'stage1.block1.squeeze2.narrow = Conv',
      'stage1.block1.squeeze2.narrow.addBias.1 = Reshape',
      'stage1.block1.squeeze2.narrow.addBias = Add',
      'stage1.block1.squeeze2.widen = Conv',
      'stage1.block1.squeeze2.widen.addBias.1 = Reshape',
      'stage1.block1.squeeze2.widen.addBias = Add',
      'stage1.block1.squeeze2.gate = Sigmoid',
      'stage1.block1.squeeze2.spread = Resize',
      'stage1.block1.squeeze2.gated = Mul',
    ])
    expect(() => encodeOnnx({ spec: gated, preprocessing, weights })).toThrow('no layers of your own are known here')
  })

  test('safetensors has its weights by their paths', () => {
    const bytes = encodePortable({ spec: gated, preprocessing, weights }, ownHeads)
    expect(Buffer.from(bytes).toString('latin1')).toContain('"layer1.0.squeeze2.narrow.weight"')
  })
})

test('a network that enlarges pictures in tiles refuses it', () => {
  const spec = withOwn(edsr({ blocks: 1, width: 4 }), { kind: 'squeeze', narrow: 2 })
  expect(() => ownTasks.upscale.measuringPlan(openReference(), spec, 1)).toThrow(
    'stage1.block1: with a layer of your own no picture is enlarged in tiles; run whole ones by Session',
  )
})

test('withLayers looks at what it is given, and changes nothing', () => {
  const layer = ownHeads.classifier!.layers!.table.squeeze!
  for (const kind of ['conv', 'a.b', 'se2', 'Gate', ''])
    expect(() => withLayers(tasks, { [kind]: layer })).toThrow(
      'withLayers: a kind must be a word of small letters, digits and hyphens that ends in no digit, and none of add, branch,',
    )
  expect(() => withLayers(tasks, { squeeze: { ...layer, build: 3 } as never })).toThrow(
    'withLayers: layers.squeeze.build: expected a function, got 3',
  )
  expect(tasks.classify.heads.classifier).not.toHaveProperty('layers')
  expect(Object.keys(withLayers(ownTasks, { other: layer }).upscale.heads.picture!.layers!.table)).toEqual([
    ...['squeeze', 'shift', 'halve'],
    'other',
  ])
})
