import { describe, expect, it } from 'vitest'
import { differentiate } from '../../src/autodiff/differentiate.js'
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, type Graph, i32, type Value } from '../../src/graph/graph.js'
import { add } from '../../src/ops/add.js'
import { addBias } from '../../src/ops/add-bias.js'
import { batchNorm, batchNormInference } from '../../src/ops/batch-norm.js'
import { conv2d } from '../../src/ops/conv2d.js'
import { verify } from '../../src/ops/index.js'
import { linear } from '../../src/ops/linear.js'
import { emit, type Op } from '../../src/ops/op.js'
import { globalAveragePool } from '../../src/ops/pool.js'
import { roundOperands } from '../../src/ops/precision.js'
import { squaredError } from '../../src/ops/regression-loss.js'
import { relu } from '../../src/ops/relu.js'
import { softmaxCrossEntropy } from '../../src/ops/softmax-cross-entropy.js'
import { fuseGradientAdd, fuseReduction, splitNormGradient } from '../../src/plan/passes/backward.js'
import { fuseAdd, fuseRelu } from '../../src/plan/passes/epilogue.js'
import { foldBatchNorms, foldBiases } from '../../src/plan/passes/fold.js'
import { fuseNormalise } from '../../src/plan/passes/prologue.js'
import { splitBatchNorm } from '../../src/plan/passes/statistics.js'
import { transformWeights } from '../../src/plan/passes/winograd.js'
import type { Pass } from '../../src/plan/rewrite.js'
import { Random } from '../../src/util/random.js'
import { elements } from '../../src/util/shape.js'

const conv = { stride: [1, 1], padding: [1, 1], dilation: [1, 1] } as const
const norm = { epsilon: 1e-5 }

/** stem → block with identity → block with a projection → pool → classifier → loss, and all gradients. */
function residualNet(mode: 'training' | 'inference', differentiated: boolean): Graph {
  const builder = new GraphBuilder()
  const parameters: Value[] = []
  const parameter = (name: string, ...shape: number[]) => {
    const value = builder.input(name, 'parameter', f32(...shape))
    parameters.push(value)
    return value
  }
  const apply = <A extends Record<string, never> | object>(
    op: Op<A & Record<string, never>>,
    a: A,
    ...inputs: Value[]
  ) => emit(builder, op as never, a as never, inputs, '')[0]!
  const normed = (x: Value, name: string) => {
    const c = x.type.shape[1]!
    const [scale, shift] = [parameter(`${name}.scale`, c), parameter(`${name}.shift`, c)]
    if (mode === 'training') return emit(builder, batchNorm, norm, [x, scale, shift], name)[0]!
    const mean = builder.input(`${name}.mean`, 'buffer', f32(c))
    const variance = builder.input(`${name}.variance`, 'buffer', f32(c))
    return emit(builder, batchNormInference, norm, [x, scale, shift, mean, variance], name)[0]!
  }
  const convolved = (x: Value, name: string, width: number, kernel = 3) =>
    emit(
      builder,
      conv2d,
      { ...conv, padding: [kernel >> 1, kernel >> 1] },
      [x, parameter(name, width, x.type.shape[1]!, kernel, kernel)],
      name,
    )[0]!
  const pictures = builder.input('pictures', 'data', f32(3, 3, 6, 5))
  const labels = builder.input('labels', 'data', i32(3))
  let x = apply(relu as never, {}, normed(convolved(pictures, 'stem', 4), 'stem.norm'))
  for (const [i, width] of [4, 6].entries()) {
    const a = apply(relu as never, {}, normed(convolved(x, `b${i}.conv1`, width), `b${i}.norm1`))
    const b = normed(convolved(a, `b${i}.conv2`, width), `b${i}.norm2`)
    const shortcut = width === 4 ? x : normed(convolved(x, `b${i}.project`, width, 1), `b${i}.projectNorm`)
    x = apply(relu as never, {}, apply(add as never, {}, b, shortcut))
  }
  const pooled = apply(globalAveragePool as never, {}, x)
  const logits = emit(builder, linear, {}, [pooled, parameter('w', 5, 6), parameter('bias', 5)], 'head')[0]!
  builder.output('logits', logits)
  builder.output('loss', emit(builder, softmaxCrossEntropy, { smoothing: 0 }, [logits, labels], 'loss')[0]!)
  const graph = builder.build()
  return differentiated ? withGradients(graph, parameters) : graph
}

/** The graph with the gradients of its loss as outputs. */
function withGradients(graph: Graph, parameters: readonly Value[]): Graph {
  const { graph: full, gradients } = differentiate(graph, 'loss', parameters)
  const outputs = [...gradients].map(([value, gradient]) => ({
    name: `d ${graph.inputs.find((input) => input.value === value)!.name}`,
    value: gradient,
  }))
  return { ...full, outputs: [...full.outputs, ...outputs] }
}

function randomInputs(graph: Graph): Map<string, number[]> {
  const random = new Random(7)
  return new Map(
    graph.inputs.map(({ name, value }) => [
      name,
      Array.from({ length: elements(value.type.shape) }, () =>
        value.type.dtype === 'i32'
          ? random.below(5)
          : name.endsWith('variance')
            ? 0.5 + random.uniform()
            : random.normal(),
      ),
    ]),
  )
}

/** How many nodes of an operation, or of one with these of the operands and results that it can do without. */
function count(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { op, named = [], attributes } of graph.nodes) {
    const norm = named.some((name) => name.startsWith('norm'))
    const joined = [
      ...['bias', 'addend'].filter((name) => named.includes(name)),
      ...(norm ? ['norm'] : []),
      ...(attributes.bands && op.startsWith('conv2d') ? ['statistics'] : []),
    ]
    for (const name of new Set([op, [op, ...joined].join(' + ')])) counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Applies passes one after another; after each, the graph verifies and its outputs are what they were. */
function keepsMeaning(graph: Graph, passes: readonly Pass[]): Graph {
  const inputs = randomInputs(graph)
  const before = evaluateOutputs(graph, inputs)
  let current = graph
  for (const pass of passes) {
    current = verify(pass(current))
    const after = evaluateOutputs(current, inputs)
    for (const [name, values] of before) {
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
      values.forEach((value, i) => {
        expect(Math.abs(after.get(name)![i]! - value) / largest, `${pass.name}: ${name}[${i}]`).toBeLessThan(1e-9)
      })
    }
  }
  return current
}

const split: Pass = (graph) => splitBatchNorm(graph, (n, rows) => Math.min(rows, n === 3 ? 4 : 1))

/** All that can be: 3x3 kernels with stride 1. */
const transform: Pass = (graph) =>
  transformWeights(graph, ({ op, inputs }) => op === 'conv2d' && inputs[1]!.type.shape[2] === 3)

describe('passes keep the meaning of a graph', () => {
  it('training: statistics, additions, ReLUs and gradients are fused', () => {
    const graph = residualNet('training', true)
    const fused = keepsMeaning(graph, [split, fuseAdd, fuseRelu, splitNormGradient, fuseGradientAdd])
    const [before, after] = [count(graph), count(fused)]
    expect(before).toMatchObject({ batchNorm: 6, relu: 5, reluGradient: 5, batchNormGradient: 6, conv2d: 6 })
    expect(after).toMatchObject({ conv2d: 6, 'conv2d + statistics': 6, mergeStatistics: 6, normalise: 6 })
    expect(after).toMatchObject({ reduceNormGradient: 6, mergeNormGradient: 6, applyNormGradient: 6 })
    for (const op of ['batchNorm', 'batchNormGradient', 'relu', 'reluGradient', 'add'])
      expect(after[op], op).toBeUndefined()
    // Block 1: conv1's input gradient meets the shortcut's; block 2: conv1's meets the projection's.
    expect(after).toMatchObject({ 'conv2dInputGradient + addend': 2, conv2dInputGradient: 5 })
  })

  const unfused: readonly Pass[] = [split, fuseAdd, fuseRelu, splitNormGradient, fuseGradientAdd]
  const reduce: Pass = (graph) => fuseReduction(graph, ({ outputs }) => Math.min(2, outputs[0]!.type.shape[2]!))
  const all: Pass = (graph) => fuseNormalise(graph, () => true)

  it('training: norms that only convolutions read are not written down, sums are taken by input gradients', () => {
    const after = count(keepsMeaning(residualNet('training', true), [...unfused, all, reduce]))
    // The norms before conv2 of both blocks go; those of the stem, the block outputs and the projection stay.
    expect(after).toMatchObject({ normalise: 4, 'conv2dWeightGradient + norm': 2, conv2dWeightGradient: 6 })
    // Block outputs and first norms of both blocks; the last block's output meets pooling, the projection no ReLU.
    expect(after).toMatchObject({
      'conv2dInputGradient + addend + norm + statistics': 2,
      'conv2dInputGradient + norm + statistics': 2,
      reduceNormGradient: 2,
    })
  })

  it('training: a norm stays where one of its readers cannot take it in', () => {
    const keep: Pass = (graph) => fuseNormalise(graph, ({ op }) => op !== 'conv2dWeightGradient')
    const after = count(keepsMeaning(residualNet('training', true), [...unfused, keep]))
    expect(after).toMatchObject({ normalise: 6, conv2dWeightGradient: 6 })
  })

  it('pre-activation: a shortcut is added by the convolution that takes the statistics of the sum', () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'data', f32(3, 4, 6, 5))
    const w = ['w1', 'w2'].map((name) => builder.input(name, 'parameter', f32(4, 4, 3, 3)))
    const vectors = ['scale', 'shift'].map((name) => builder.input(name, 'parameter', f32(4)))
    const normed = (value: Value) => emit(builder, batchNorm, norm, [value, ...vectors], 'norm')[0]!
    const branch = emit(builder, conv2d, conv, [emit(builder, relu, {}, [normed(x)], '')[0]!, w[0]!], 'conv1')[0]!
    const sum = emit(builder, add, {}, [x, branch], 'add')[0]!
    const last = emit(builder, relu, {}, [normed(sum)], '')[0]!
    builder.output('y', emit(builder, conv2d, conv, [last, w[1]!], 'conv2')[0]!)
    const fused = keepsMeaning(builder.build(), [split, fuseAdd, fuseRelu, all])
    expect(count(fused)).toMatchObject({
      imageStatistics: 1,
      'conv2d + addend + norm + statistics': 1,
      conv2d: 2,
      normalise: 1,
    })
  })

  it('inference: norms are folded into convolutions, additions and ReLUs follow', () => {
    const graph = residualNet('inference', false)
    const fused = keepsMeaning(graph, [foldBatchNorms, fuseAdd, fuseRelu])
    expect(count(fused)).toEqual({
      foldBatchNorm: 6,
      conv2d: 6,
      'conv2d + bias': 4,
      'conv2d + bias + addend': 2,
      globalAveragePool: 1,
      linear: 1,
      softmaxCrossEntropy: 1,
    })
  })

  it('a bias goes into its convolution, in inference and in training, but not where operands are rounded', () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'data', f32(2, 4, 6, 5))
    const w = builder.input('w', 'parameter', f32(4, 4, 3, 3))
    const b = builder.input('b', 'parameter', f32(4))
    const biased = emit(builder, addBias, {}, [emit(builder, conv2d, conv, [x, w], 'conv')[0]!, b], 'conv')[0]!
    const sum = emit(builder, add, {}, [emit(builder, relu, {}, [biased], 'relu')[0]!, x], 'add')[0]!
    const pooled = emit(builder, globalAveragePool, {}, [sum], 'pool')[0]!
    const zeros = builder.input('target', 'data', pooled.type)
    builder.output('loss', emit(builder, squaredError, {}, [pooled, zeros], 'loss')[0]!)
    const forward = builder.build()
    const fused = keepsMeaning(forward, [foldBiases, fuseAdd, fuseRelu])
    expect(count(fused)).toEqual({ conv2d: 1, 'conv2d + bias': 1, add: 1, globalAveragePool: 1, squaredError: 1 })
    const training = keepsMeaning(withGradients(forward, [w, b]), [foldBiases, fuseAdd, fuseRelu])
    expect(count(training)).toMatchObject({ 'conv2d + bias': 1, sumPixels: 1, reluGradient: 1 })
    expect(count(foldBiases(roundOperands(forward)))).toMatchObject({ conv2d: 1, addBias: 1 })
  })

  it('weights of convolutions by Winograd are transformed, each once', () => {
    const training = keepsMeaning(residualNet('training', true), [split, transform])
    expect(count(training)).toMatchObject({ winogradWeight: 5, 'conv2d + statistics': 6 })
    const inference = keepsMeaning(residualNet('inference', false), [foldBatchNorms, fuseAdd, fuseRelu, transform])
    expect(count(inference)).toMatchObject({ winogradWeight: 5, 'conv2d + bias': 4, 'conv2d + bias + addend': 2 })

    const builder = new GraphBuilder()
    const w = builder.input('w', 'parameter', f32(2, 2, 3, 3))
    let x = builder.input('x', 'data', f32(1, 2, 4, 4))
    for (const path of ['first', 'second']) x = emit(builder, conv2d, conv, [x, w], path)[0]!
    builder.output('y', x)
    expect(count(keepsMeaning(builder.build(), [transform]))).toEqual({ winogradWeight: 1, conv2d: 2 })
  })

  it('refuses a transformed weight of another size', () => {
    const builder = new GraphBuilder()
    const w = builder.input('w', 'parameter', f32(2, 2, 3, 3))
    const x = builder.input('x', 'data', f32(1, 2, 4, 4))
    expect(() => emit(builder, conv2d, { ...conv, winograd: true }, [x, w], 'stage1')).toThrow(
      'stage1: conv2d: a transformed weight has 6x6 points, got 3x3',
    )
  })

  it('leaves a convolution alone whose output is read twice', () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'data', f32(1, 2, 4, 4))
    const w = builder.input('w', 'parameter', f32(2, 2, 3, 3))
    const vectors = ['scale', 'shift', 'mean', 'variance'].map((name) => builder.input(name, 'buffer', f32(2)))
    const y = emit(builder, conv2d, conv, [x, w], 'conv')[0]!
    builder.output('y', y)
    builder.output('z', emit(builder, batchNormInference, norm, [y, ...vectors], 'norm')[0]!)
    const graph = builder.build()
    expect(count(foldBatchNorms(graph))).toEqual(count(graph))
  })
})
