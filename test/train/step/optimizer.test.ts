/** Updates against PyTorch's formulas worked out here, on a graph of one layer whose loss compares pictures. */
import { describe, expect, test } from 'vitest'
import { openReference } from '../../../src/engine/reference/engine.js'
import { GraphBuilder } from '../../../src/graph/builder.js'
import { f32, type Graph } from '../../../src/graph/graph.js'
import { compileGraph } from '../../../src/inference/compile.js'
import { linear } from '../../../src/ops/linear.js'
import { emit } from '../../../src/ops/op.js'
import { l1Loss, squaredError } from '../../../src/ops/regression-loss.js'
import { completeRecipe } from '../../../src/tasks/complete-recipe.js'
import type { RecipeOptions } from '../../../src/tasks/recipe.js'
import { stepGraph } from '../../../src/train/step/step.js'

const X = [1, 2, -1, 0.5]
const TARGET = [2, -3]
const WEIGHT = [0.5, -0.25]
const BIAS = [0.1]

/** x [2, 2] · weight [1, 2] + bias, against a target [2, 1]. */
function regression(loss: typeof l1Loss): Graph {
  const builder = new GraphBuilder()
  const x = builder.input('x', 'data', f32(2, 2))
  const target = builder.input('target', 'data', f32(2, 1))
  const weight = builder.input('layer.weight', 'parameter', f32(1, 2))
  const bias = builder.input('layer.bias', 'parameter', f32(1))
  const y = emit(builder, linear, {}, [x, weight, bias], 'layer')[0]!
  builder.output('loss', emit(builder, loss, {}, [y, target], 'loss')[0]!)
  return builder.build()
}

/** Parameters (two weights, bias) and loss of each of some steps. */
async function run(options: RecipeOptions, loss = squaredError, steps = 3) {
  const recipe = completeRecipe({ momentum: options.optimizer ? undefined : 0, weightDecay: 0, ...options })
  const graph = stepGraph([regression(loss)], recipe)
  const executable = await compileGraph(openReference(), graph)
  const fill = (name: string, values: readonly number[]) => executable.write(name, Float32Array.from(values))
  fill('x', X)
  fill('target', TARGET)
  fill('layer.weight', WEIGHT)
  fill('layer.bias', BIAS)
  fill('lr', [recipe.lr])
  const seen: { readonly parameters: number[]; readonly loss: number }[] = []
  for (let step = 0; step < steps; step++) {
    if (graph.inputs.some(({ name }) => name === 'step')) executable.write('step', Int32Array.of(step))
    await executable.run()
    const parameters = [...(await executable.read('layer.weight')), ...(await executable.read('layer.bias'))]
    seen.push({ parameters, loss: (await executable.read('loss'))[0]! })
  }
  return seen
}

type Three = [number, number, number]

/** Loss and gradient by hand: of squares, or of absolute values. */
function byHand([a, b, c]: Three, squares: boolean): { loss: number; gradient: Three } {
  const differences = [0, 1].map((row) => a * X[2 * row]! + b * X[2 * row + 1]! + c - TARGET[row]!)
  const slopes = differences.map((d) => (squares ? d : Math.sign(d) / 2))
  const mean = differences.reduce((sum, d) => sum + (squares ? d * d : Math.abs(d)), 0) / 2
  const along = (column: number) => slopes.reduce((sum, slope, row) => sum + slope * X[2 * row + column]!, 0)
  return { loss: mean, gradient: [along(0), along(1), slopes[0]! + slopes[1]!] }
}

const start: Three = [...WEIGHT, ...BIAS] as Three
const close = (got: readonly number[], expected: readonly number[]) =>
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 6)
  })

/** Follows a rule that turns parameters and gradients into parameters, and compares each step. */
async function follows(options: RecipeOptions, rule: (p: number, g: number, k: number, all: Three) => number) {
  let parameters = start
  for (const { parameters: got, loss } of await run(options)) {
    const hand = byHand(parameters, true)
    expect(loss).toBeCloseTo(hand.loss, 5)
    parameters = parameters.map((p, k) => rule(p, hand.gradient[k]!, k, hand.gradient)) as Three
    close(got, parameters)
  }
}

describe('losses between pictures', () => {
  test('squared error: its mean and the step it makes', () => follows({ lr: 0.1 }, (p, g) => p - 0.1 * g))

  test('L1: the mean absolute difference and the step it makes', async () => {
    const [first] = await run({ lr: 0.1 }, l1Loss, 1)
    const { loss, gradient } = byHand(start, false)
    expect(first!.loss).toBeCloseTo(loss, 6)
    close(
      first!.parameters,
      start.map((p, k) => p - 0.1 * gradient[k]!),
    )
  })
})

describe('clipping', () => {
  test('by norm: all gradients shrink together', () =>
    follows({ lr: 0.1, clipNorm: 0.5 }, (p, g, _, all) => {
      const norm = Math.hypot(...all)
      expect(norm).toBeGreaterThan(0.5)
      return p - 0.1 * g * (0.5 / (norm + 1e-6))
    }))

  test('by norm: what is within the limit stays as it is', async () => {
    expect(await run({ lr: 0.1, clipNorm: 1000 })).toEqual(await run({ lr: 0.1 }))
  })

  test('by value over lr: no parameter moves by more than the limit', async () => {
    await follows({ lr: 0.1, clipRate: 0.05 }, (p, g) => p - 0.1 * Math.max(-0.5, Math.min(0.5, g)))
    const [first] = await run({ lr: 0.1, clipRate: 0.05 })
    expect(first!.parameters.map((p, k) => Math.abs(p - start[k]!)).every((move) => move <= 0.05 + 1e-7)).toBe(true)
  })

  test('comes before weight decay, as in PyTorch', () =>
    follows({ lr: 0.1, clipRate: 0.05, weightDecay: 0.2 }, (p, g) => {
      return p - 0.1 * (Math.max(-0.5, Math.min(0.5, g)) + 0.2 * p)
    }))
})

/** PyTorch's Adam by hand. */
function adam(lr: number, decay: number, decoupled: boolean, [beta1, beta2] = [0.9, 0.999]) {
  const means = [0, 0, 0]
  const squares = [0, 0, 0]
  let calls = 0
  return (p: number, gradient: number, k: number) => {
    const t = Math.floor(calls++ / 3) + 1
    const g = decoupled ? gradient : gradient + decay * p
    means[k] = beta1! * means[k]! + (1 - beta1!) * g
    squares[k] = beta2! * squares[k]! + (1 - beta2!) * g * g
    const step = (lr * (means[k]! / (1 - beta1! ** t))) / (Math.sqrt(squares[k]! / (1 - beta2! ** t)) + 1e-8)
    return (decoupled ? p * (1 - lr * decay) : p) - step
  }
}

describe('Adam', () => {
  test('moves by lr at first, then by its means', async () => {
    await follows({ optimizer: 'adam', lr: 0.1 }, adam(0.1, 0, false))
    const [first] = await run({ optimizer: 'adam', lr: 0.1 }, squaredError, 1)
    for (const [k, p] of first!.parameters.entries()) expect(Math.abs(p - start[k]!)).toBeCloseTo(0.1, 5)
  })

  test('with other betas', () =>
    follows({ optimizer: 'adam', lr: 0.1, betas: [0.5, 0.7] }, adam(0.1, 0, false, [0.5, 0.7])))

  test('decay is a part of the gradient, in AdamW apart from it', async () => {
    await follows({ optimizer: 'adam', lr: 0.1, weightDecay: 0.3 }, adam(0.1, 0.3, false))
    await follows({ optimizer: 'adamw', lr: 0.1, weightDecay: 0.3 }, adam(0.1, 0.3, true))
  })
})
