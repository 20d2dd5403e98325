/** Values that are made again: the same bits, less memory, and no more work than was asked for. */
import { describe, expect, it } from 'vitest'
import { differentiate } from '../../src/autodiff/differentiate.js'
import { evaluate } from '../../src/engine/reference/evaluate.js'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, type Graph, i32, type Value } from '../../src/graph/graph.js'
import { graphText } from '../../src/graph/text.js'
import { forwardGraph } from '../../src/model/forward.js'
import { add } from '../../src/ops/add.js'
import { conv2d } from '../../src/ops/conv2d.js'
import { verify } from '../../src/ops/index.js'
import { emit } from '../../src/ops/op.js'
import { globalAveragePool } from '../../src/ops/pool.js'
import { relu } from '../../src/ops/relu.js'
import { softmaxCrossEntropy } from '../../src/ops/softmax-cross-entropy.js'
import { fuseGradientAdd, fuseReduction, splitNormGradient } from '../../src/plan/passes/backward.js'
import { fuseAdd, fuseRelu } from '../../src/plan/passes/epilogue.js'
import { fuseNormalise } from '../../src/plan/passes/prologue.js'
import { type Recompute, recompute } from '../../src/plan/passes/recompute.js'
import { chooseCuts, type Piece } from '../../src/plan/passes/segments.js'
import { splitBatchNorm } from '../../src/plan/passes/statistics.js'
import { planGraph } from '../../src/plan/planner.js'
import { cifarBasic, cifarBottleneck } from '../../src/spec/families.js'
import { plainTwin } from '../../src/spec/plain-twin.js'
import { type PresetName, preset } from '../../src/spec/presets.js'
import type { NetworkSpec } from '../../src/spec/spec.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import type { RecipeOptions } from '../../src/tasks/recipe.js'
import { trainingGraph } from '../../src/train/step/step.js'
import { Random } from '../../src/util/random.js'
import { elements } from '../../src/util/shape.js'

const levels = ['elementwise', 'blocks'] as const

/** As engines do that fuse all they can; or all but norms into convolutions, which leaves more to be made again. */
const fused = (graph: Graph, norms = false) =>
  [
    (g: Graph) => splitBatchNorm(g, () => 1),
    fuseAdd,
    fuseRelu,
    splitNormGradient,
    fuseGradientAdd,
    (g: Graph) => fuseNormalise(g, () => norms),
    (g: Graph) => fuseReduction(g, () => 1),
  ].reduce((lowered, pass) => verify(pass(lowered)), graph)

const target = {
  lower: (graph: Graph) => fused(graph),
  sizes: () => (value: Value) => 4 * elements(value.type.shape),
  workspace: () => 0,
}

/** The step of a preset's first blocks of each stage, at two pictures of 8x8 unless said otherwise. */
function training(name: PresetName, recipe: RecipeOptions = {}, blocks = 2, size = 8): Graph {
  const spec = preset(name, { input: { channels: 3, height: size, width: size } })
  const stages = spec.stages.map((stage) => ({ blocks: stage.blocks.slice(0, blocks) }))
  return trainingGraph({ ...spec, stages }, completeRecipe({ batchSize: 2, seed: 5, ...recipe }))
}

const count = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op.startsWith(op)).length

/** The lines of the text of a graph that are not in that of another, values named as in the former. */
function added(before: string, after: string): string[] {
  const operation = (line: string) => line.replace(/%\d+/g, '%').replace(/^[^=]* = /, '')
  const left = before.split('\n').map(operation)
  return after.split('\n').filter((line) => {
    const at = left.indexOf(operation(line))
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/** x → conv → ReLU → conv, + x, ReLU; as often as there are pairs of weights; → pool → loss, and all gradients. */
function blocks(count: number): Graph {
  const builder = new GraphBuilder()
  const attributes = { stride: [1, 1], padding: [1, 1], dilation: [1, 1] } as const
  const pictures = builder.input('pictures', 'data', f32(2, 4, 6, 6))
  const labels = builder.input('labels', 'data', i32(2))
  const weights: Value[] = []
  const convolve = (x: Value, path: string) => {
    weights.push(builder.input(path, 'parameter', f32(4, 4, 3, 3)))
    return emit(builder, conv2d, attributes, [x, weights.at(-1)!], path)[0]!
  }
  let x = pictures
  for (let i = 1; i <= count; i++) {
    const a = emit(builder, relu, {}, [convolve(x, `block${i}.conv1`)], `block${i}.relu1`)[0]!
    const sum = emit(builder, add, {}, [convolve(a, `block${i}.conv2`), x], `block${i}.add`)[0]!
    x = emit(builder, relu, {}, [sum], `block${i}.relu`)[0]!
  }
  const logits = emit(builder, globalAveragePool, {}, [x], 'pool')[0]!
  builder.output('loss', emit(builder, softmaxCrossEntropy, { smoothing: 0 }, [logits, labels], 'loss')[0]!)
  const { graph, gradients } = differentiate(builder.build(), 'loss', weights)
  const outputs = weights.map((weight, i) => ({ name: `d${i}`, value: gradients.get(weight)! }))
  return { ...graph, outputs: [...graph.outputs, ...outputs] }
}

describe('recompute', () => {
  it('elementwise leaves alone what would need a convolution, or the keeping of something else', () => {
    expect(graphText(recompute(blocks(3), 'elementwise'))).toBe(graphText(blocks(3)))
  })

  it('elementwise: norms and ReLUs are made again from what convolutions gave', () => {
    const graph = fused(training('resnet8', {}, 1))
    expect(added(graphText(graph), graphText(verify(recompute(graph, 'elementwise'))))).toMatchInlineSnapshot(`
      [
        "%129: f32[2x64x2x2] = normalise(%99, %28, %29, %101, %102) epsilon=0.00001 relu=true  # stage3.block1.norm1",
        "%143: f32[2x32x4x4] = normalise(%84, %18, %19, %86, %87) epsilon=0.00001 relu=true  # stage2.block1.norm1",
        "%156: f32[2x16x8x8] = normalise(%70, %8, %9, %72, %73) epsilon=0.00001 relu=true  # stage1.block1.norm1",
        "%163: f32[2x16x8x8] = normalise(%63, %3, %4, %65, %66) epsilon=0.00001 relu=true  # stem.norm",
      ]
    `)
  })

  it('elementwise: where convolutions take norms in, the outputs of blocks are left', () => {
    const graph = fused(training('resnet20', {}, 3), true)
    const again = verify(recompute(graph, 'elementwise'))
    expect(count(graph, 'normalise')).toBe(10) // the stem's and nine blocks'
    const made = added(graphText(graph), graphText(again))
    expect(made.length).toBeGreaterThanOrEqual(5)
    for (const line of made) expect(line).toMatch(/= (normalise|padShortcut)\(/)
    const inputs = randomInputs(graph)
    expect(results(again, inputs)).toEqual(results(graph, inputs))
  })

  it('blocks: all but the last stretch is made again from where it starts, just before it is read', () => {
    const [before, after] = [graphText(blocks(4)), graphText(verify(recompute(blocks(4), 'blocks')))]
    const made = added(before, after)
    expect(made).toMatchInlineSnapshot(`
      [
        "%51: f32[2x4x6x6] = conv2d(%0, %2) stride=(1,1) padding=(1,1) dilation=(1,1)  # block1.conv1",
        "%52: f32[2x4x6x6] = relu(%51)  # block1.relu1",
        "%53: f32[2x4x6x6] = conv2d(%52, %3) stride=(1,1) padding=(1,1) dilation=(1,1)  # block1.conv2",
        "%54: f32[2x4x6x6] = add(%53, %0)  # block1.add",
        "%55: f32[2x4x6x6] = relu(%54)  # block1.relu",
        "%56: f32[2x4x6x6] = conv2d(%55, %4) stride=(1,1) padding=(1,1) dilation=(1,1)  # block2.conv1",
        "%57: f32[2x4x6x6] = relu(%56)  # block2.relu1",
      ]
    `)
    const lines = after.split('\n')
    const first = lines.indexOf(made[0]!)
    expect(lines.slice(first, first + made.length)).toEqual(made)
    const around = [lines[first - 1]!, lines[first + made.length]!]
    expect(around.map((line) => line.replace(/^.* = (\w+).*# /, '$1 '))).toEqual([
      'conv2dInputGradient block2.conv2',
      'conv2dWeightGradient block2.conv2',
    ])
  })

  const narrow = { widths: [3, 4, 5], input: { channels: 3, height: 6, width: 6 } } as const
  const step = (spec: NetworkSpec, recipe: RecipeOptions = {}) =>
    trainingGraph(spec, completeRecipe({ batchSize: 2, seed: 5, ...recipe }))
  const basic = cifarBasic({ depth: 20, ...narrow })

  it.each<[string, Graph]>([
    ['a residual net', step(basic)],
    ['projections', step(cifarBasic({ depth: 14, shortcut: 'project-always', ...narrow }))],
    ['pre-activation', step(cifarBottleneck({ depth: 20, order: 'pre', ...narrow }))],
    ['a plain net', step(plainTwin(basic))],
    ['dropped branches', step(basic, { dropPath: 0.5 })],
    ['several batches a step', step(basic, { accumulate: 3, batchSize: 1 })],
    ['clipped gradients and Adam', step(basic, { clipNorm: 0.1, optimizer: 'adam' })],
  ])('%s: every output and update is the same to the bit', (_, plain) => {
    for (const graph of [plain, fused(plain)]) {
      const inputs = randomInputs(graph)
      const expected = results(graph, inputs)
      for (const level of levels) {
        const changed = verify(recompute(graph, level))
        expect(changed.nodes.length, level).toBeGreaterThan(graph.nodes.length)
        expect(results(changed, inputs), level).toEqual(expected)
      }
    }
  })

  it('elementwise runs no convolution twice, blocks none three times; running statistics are updated once', () => {
    for (const name of ['resnet20', 'plain20', 'preresnet110'] as const) {
      const graph = fused(training(name, {}, 18))
      const convolutions = count(graph, 'conv2d')
      expect(count(recompute(graph, 'elementwise'), 'conv2d'), name).toBe(convolutions)
      const forward = graph.nodes.filter(({ op }) => op === 'conv2d').length
      const again = count(recompute(graph, 'blocks'), 'conv2d') - convolutions
      expect(again, name).toBeGreaterThan(0.5 * forward)
      expect(again, name).toBeLessThanOrEqual(forward)
      for (const level of levels)
        expect(count(recompute(graph, level), 'runningAverage')).toBe(count(graph, 'runningAverage'))
    }
  })

  it('saves memory, and very much of it in a deep net', () => {
    const bytes = (level: Recompute) =>
      planGraph(training('resnet110', { batchSize: 16 }, 18, 32), target, { recompute: level }).bytes
    const none = bytes('none')
    expect(bytes('elementwise') / none).toBeLessThan(0.6)
    expect(bytes('blocks') / none).toBeLessThan(0.3)
  })

  it('several batches a step take no more than one', () => {
    const bytes = (accumulate: number) =>
      planGraph(training('resnet56', { batchSize: 16, accumulate }, 9, 32), target, { recompute: 'blocks' }).bytes
    expect(bytes(4) / bytes(1)).toBeLessThan(1.3)
  })

  it('leaves graphs alone that have no backward pass, and values that are read at the end', () => {
    const forward = forwardGraph(preset('resnet8'), { batch: 2, mode: 'training' })
    for (const level of levels) expect(recompute(forward, level).nodes).toEqual(forward.nodes)
    const graph = fused(training('resnet8'))
    const tapped = graph.nodes.filter(({ op }) => op === 'normalise').map(({ outputs }) => outputs[0]!)
    const outputs = [...graph.outputs, ...tapped.map((value, i) => ({ name: `tap${i}`, value }))]
    expect(recompute({ ...graph, outputs }, 'elementwise').nodes).toEqual(graph.nodes)
  })
})

describe('chooseCuts', () => {
  /** What is held when a stretch has been made again: all kept so far, and the stretch. */
  function most(pieces: readonly Piece[], cuts: ReadonlySet<number>): number {
    let [kept, stretch, most] = [0, 0, 0]
    pieces.forEach((piece, i) => {
      kept += piece.kept
      stretch += piece.waiting
      most = Math.max(most, kept + stretch)
      if (!cuts.has(i)) return
      kept += piece.cut!
      stretch = 0
    })
    return most
  }

  it('holds little more than the best of all choices', () => {
    const random = new Random(3)
    for (let round = 0; round < 40; round++) {
      const pieces = Array.from({ length: 10 }, (): Piece => {
        const size = 64 * (1 + random.below(8))
        return { kept: 16 * random.below(3), waiting: size, cut: random.below(3) === 0 ? undefined : size }
      })
      const ends = pieces.flatMap(({ cut }, i) => (cut === undefined ? [] : [i]))
      const all = Array.from({ length: 2 ** ends.length }, (_, mask) => ends.filter((_, bit) => mask & (1 << bit)))
      const best = Math.min(...all.map((cuts) => most(pieces, new Set(cuts))))
      expect(most(pieces, new Set(chooseCuts(pieces)))).toBeLessThan(1.15 * best)
    }
  })

  it('makes stretches shorter towards the loss, where more is kept', () => {
    const cuts = chooseCuts(Array.from({ length: 100 }, () => ({ kept: 0, waiting: 1000, cut: 1000 })))
    const lengths = cuts.map((cut, i) => cut - (cuts[i - 1] ?? -1))
    expect(lengths).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4])
  })
})

function randomInputs(graph: Graph): Map<string, Float64Array> {
  const random = new Random(3)
  const draw = (role: string, dtype: string, name: string) => {
    if (dtype === 'i32') return name === 'step' ? 4 : random.below(10)
    if (name.endsWith('.variance') || name.startsWith('square/')) return 0.5 + random.uniform()
    return role === 'scalar' ? 0.1 : random.normal()
  }
  return new Map(
    graph.inputs.map(({ name, role, value }) => [
      name,
      Float64Array.from({ length: elements(value.type.shape) }, () => draw(role, value.type.dtype, name)),
    ]),
  )
}

/** All that a run leaves, by name. */
function results(graph: Graph, inputs: ReadonlyMap<string, Float64Array>): Map<string, Float64Array> {
  const values = evaluate(graph, inputs)
  const names = new Map(graph.inputs.map(({ name, value }) => [value, name]))
  return new Map([
    ...graph.outputs.map(({ name, value }) => [name, values.get(value)!.data] as const),
    ...graph.updates.map(({ target, source }) => [names.get(target)!, values.get(source)!.data] as const),
  ])
}
