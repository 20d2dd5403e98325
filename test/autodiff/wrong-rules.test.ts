/** The numerical check itself is checked: mistakes that one really makes are found and their input is named. */
import { afterEach, describe, expect, test } from 'vitest'
import { checkGradients, type Evaluate } from '../../src/autodiff/check.js'
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { kernels } from '../../src/engine/reference/kernels.js'
import { type Attributes, f32 } from '../../src/graph/graph.js'
import { batchNorm, batchNormInferenceGradient } from '../../src/ops/batch-norm.js'
import { conv2d, conv2dInputGradient } from '../../src/ops/conv2d.js'
import type { GradientRule, Op } from '../../src/ops/op.js'
import { relu } from '../../src/ops/relu.js'
import { awayFromZero, normal, positive, type SingleOp, singleOp } from '../engine/single-op.js'

const restore: (() => void)[] = []
afterEach(() => {
  for (const undo of restore.splice(0)) undo()
})

/** Puts another rule in the place of an operation's own until the test ends. */
function withRule<A extends Attributes>(op: Op<A>, gradient: GradientRule<A>): void {
  const right = op.gradient
  Object.assign(op, { gradient })
  restore.push(() => Object.assign(op, { gradient: right }))
}

/** Names of the inputs whose gradients are wrong. */
function wrongInputs(one: SingleOp, evaluate: Evaluate = evaluateOutputs): string[] {
  const graph = { ...one.graph, outputs: one.graph.outputs.filter(({ name }) => name === 'y') }
  return checkGradients(graph, one.inputs(), evaluate)
    .filter(({ error }) => error > 1e-3)
    .map(({ input }) => input)
}

const convolution = singleOp('conv2d', { stride: [2, 1], padding: [1, 0], dilation: [1, 1] }, [
  { type: f32(2, 2, 6, 5), fill: normal() },
  { type: f32(3, 2, 3, 3), fill: normal() },
])
const rectifier = singleOp('relu', {}, [{ type: f32(2, 3, 4), fill: awayFromZero }])
const norm = singleOp('batchNorm', { epsilon: 1e-5 }, [
  { type: f32(2, 3, 3, 4), fill: normal(0.5, 2) },
  { type: f32(3), fill: positive },
  { type: f32(3), fill: positive },
])

describe('the numerical check', () => {
  test('passes the right rules', () => {
    for (const one of [convolution, rectifier, norm]) expect(wrongInputs(one)).toEqual([])
  })

  test('catches a ReLU gradient without its mask', () => {
    withRule(relu, ({ outputGradients }) => [outputGradients[0]])
    expect(wrongInputs(rectifier)).toEqual(['x'])
  })

  test('catches a batch norm gradient that forgets that mean and variance depend on x', () => {
    withRule(batchNorm, ({ attributes, inputs, outputs, outputGradients, emit }) =>
      emit(batchNormInferenceGradient, attributes, [
        outputGradients[0]!,
        inputs[0]!,
        inputs[1]!,
        outputs[1]!,
        outputs[2]!,
      ]),
    )
    expect(wrongInputs(norm)).toEqual(['x'])
  })

  test('catches a convolution rule that swaps the axes of a stride', () => {
    const square = singleOp('conv2d', { stride: [2, 1], padding: [1, 1], dilation: [1, 1] }, [
      { type: f32(1, 2, 3, 2), fill: normal() },
      { type: f32(3, 2, 3, 3), fill: normal() },
    ])
    withRule(conv2d, ({ attributes, inputs, outputGradients, emit }) => {
      const swapped = { ...attributes, stride: [1, 2], size: [2, 3] } as const
      const [dx] = emit(conv2dInputGradient, swapped, [outputGradients[0]!, inputs[1]!])
      return [dx, undefined]
    })
    expect(wrongInputs(square)).toEqual(['x', 'weight'])
  })

  test('catches a weight gradient kernel that turns the taps round', () => {
    const flipped: typeof kernels = {
      ...kernels,
      conv2dWeightGradient: (inputs, outputs, attributes) => {
        kernels.conv2dWeightGradient(inputs, outputs, attributes)
        const taps = attributes.kernel[0] * attributes.kernel[1]
        for (let at = 0; at < outputs[0]!.data.length; at += taps) outputs[0]!.data.subarray(at, at + taps).reverse()
      },
    }
    expect(wrongInputs(convolution, (graph, inputs) => evaluateOutputs(graph, inputs, flipped))).toEqual(['weight'])
  })

  test('reports the worst element, its two values and the relative error', () => {
    const doubled: typeof kernels = {
      ...kernels,
      reluGradient: (inputs, outputs, attributes) => {
        kernels.reluGradient(inputs, outputs, attributes)
        outputs[0]!.data[5] = 1000
      },
    }
    const [found] = checkGradients(rectifier.graph, rectifier.inputs(), (graph, inputs) =>
      evaluateOutputs(graph, inputs, doubled),
    )
    expect(found).toMatchObject({ input: 'x', element: 5, byRule: 1000 })
    expect(found!.error).toBeCloseTo(Math.abs(1000 - found!.byDifference) / 1000, 12)
  })

  test('takes a gradient that is no number as the worst of all', () => {
    const broken: typeof kernels = {
      ...kernels,
      reluGradient: (inputs, outputs, attributes) => {
        kernels.reluGradient(inputs, outputs, attributes)
        outputs[0]!.data[3] = Number.NaN
      },
    }
    const [found] = checkGradients(rectifier.graph, rectifier.inputs(), (graph, inputs) =>
      evaluateOutputs(graph, inputs, broken),
    )
    expect(found).toMatchObject({ element: 3, error: Number.NaN })
  })

  test('refuses to check an input that is not there', () => {
    expect(() => checkGradients(rectifier.graph, rectifier.inputs(), evaluateOutputs, { wrt: ['weight'] })).toThrow(
      'checkGradients: options.wrt: the graph has no input of floats named weight; it has',
    )
  })
})
