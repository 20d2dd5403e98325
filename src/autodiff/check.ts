/**
 * Checks gradients numerically: projects a graph's outputs to one number with random coefficients, and compares its
 * gradient by the rules with central differences. Meant for float64. The caller provides the evaluation of graphs.
 */
import { GraphBuilder } from '../graph/builder.js'
import { expectMap } from '../graph/expect.js'
import type { Graph, GraphInput, Value } from '../graph/graph.js'
import { expectGraph } from '../ops/index.js'
import { ConfigError } from '../util/errors.js'
import { callback, expectKind, expectOptions, listOf, number, numbers, text, whole } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { Random } from '../util/random.js'
import { elements } from '../util/shape.js'
import { pullBack } from './differentiate.js'

/** Returns the outputs of a graph by name, given its inputs by name. */
export type Evaluate = (
  graph: Graph,
  inputs: ReadonlyMap<string, ArrayLike<number>>,
) => ReadonlyMap<string, Float64Array>

/** The worst element of one input's gradient. */
export interface GradientError {
  readonly input: string
  /** |byRule − byDifference| divided by the largest magnitude in this gradient, or by 0.01 if that is larger. */
  readonly error: number
  readonly element: number
  readonly byRule: number
  readonly byDifference: number
}

export interface CheckOptions {
  /** Names of the inputs to check; by default all float inputs. */
  readonly wrt?: readonly string[]
  /** Step size for an element of magnitude up to 1, by default 1e-5. It grows with the element. */
  readonly step?: number
  /** Seed of the random projection. */
  readonly seed?: number
}

/**
 * The least divisor of an error. Without it, gradients that are zero everywhere would be compared with rounding errors.
 */
const SMALLEST_MAGNITUDE = 0.01

const optionFields = { wrt: listOf(text, 'a list of names of inputs'), step: number, seed: whole(0) }

/**
 * The worst relative error of the gradient of each input, in the order of the graph's inputs.
 * @throws ConfigError for inputs that the graph does not have, or that hold no floats
 */
export function checkGradients(
  graph: Graph,
  inputs: ReadonlyMap<string, ArrayLike<number>>,
  evaluate: Evaluate,
  options: CheckOptions = {},
): readonly GradientError[] {
  expectGraph(graph, 'checkGradients: graph')
  expectMap(inputs, 'checkGradients: inputs', [text, numbers])
  expectKind(evaluate, 'checkGradients: evaluate', callback)
  expectOptions(options, 'checkGradients: options', optionFields)
  const { step = 1e-5, seed = 0 } = options
  const floats = graph.inputs.filter(({ value }) => value.type.dtype === 'f32')
  const checked = options.wrt ? floats.filter(({ name }) => options.wrt?.includes(name)) : floats
  const lost = options.wrt?.find((name) => !checked.some((input) => input.name === name))
  if (lost !== undefined)
    throw new ConfigError(
      `checkGradients: options.wrt: the graph has no input of floats named ${printable(lost)}; it has ${floats.map(({ name }) => name).join(', ') || 'none'}`,
    )

  const coefficients = new Map(graph.outputs.map(({ name, value }, i) => [name, normals(value, seed, i)]))
  const projected = (changed: ReadonlyMap<string, ArrayLike<number>>) => {
    const outputs = evaluate(graph, changed)
    expectMap(outputs, 'checkGradients: the answer of evaluate', [text, numbers])
    let sum = 0
    for (const [name, factors] of coefficients) {
      const values = outputs.get(name)
      if (!values) throw new ConfigError(`checkGradients: evaluate gave no output named ${printable(name)}`)
      for (let i = 0; i < factors.length; i++) sum += factors[i]! * values[i]!
    }
    return sum
  }

  const byRule = evaluate(withGradients(graph, checked), new Map([...inputs, ...seedsOf(coefficients)]))
  return checked.map(({ name }) => {
    const values = Float64Array.from(inputs.get(name)!)
    const changed = new Map<string, ArrayLike<number>>(inputs).set(name, values)
    const numeric = values.map((value, i) => {
      const h = step * Math.max(1, Math.abs(value))
      values[i] = value + h
      const above = projected(changed)
      values[i] = value - h
      const below = projected(changed)
      values[i] = value
      return (above - below) / (2 * h)
    })
    return worst(name, byRule.get(`gradient.${name}`)!, numeric)
  })
}

/** Adds an input `seed.NAME` for each output and an output `gradient.NAME` for each checked input. */
function withGradients(graph: Graph, checked: readonly GraphInput[]): Graph {
  const seeded = new GraphBuilder(graph)
  const seeds = new Map<Value, Value>()
  for (const { name, value } of graph.outputs) seeds.set(value, seeded.input(`seed.${name}`, 'data', value.type))
  const wrt = checked.map(({ value }) => value)
  const { graph: differentiated, gradients } = pullBack(seeded.build(), seeds, wrt)
  const result = new GraphBuilder(differentiated)
  for (const { name, value } of checked) result.output(`gradient.${name}`, gradients.get(value)!)
  return result.build()
}

function seedsOf(coefficients: ReadonlyMap<string, Float64Array>): Map<string, Float64Array> {
  return new Map([...coefficients].map(([name, factors]) => [`seed.${name}`, factors]))
}

function normals(value: Value, seed: number, stream: number): Float64Array {
  const random = new Random(seed, stream)
  return new Float64Array(elements(value.type.shape)).map(() => random.normal())
}

function worst(input: string, byRule: Float64Array, byDifference: Float64Array): GradientError {
  let magnitude = SMALLEST_MAGNITUDE
  for (const value of [...byRule, ...byDifference]) if (Math.abs(value) > magnitude) magnitude = Math.abs(value)
  let found: GradientError = { input, error: 0, element: 0, byRule: 0, byDifference: 0 }
  byRule.forEach((rule, element) => {
    const difference = byDifference[element]!
    const error = Math.abs(rule - difference) / magnitude
    if (error > found.error || Number.isNaN(error))
      found = { input, error, element, byRule: rule, byDifference: difference }
  })
  return found
}
