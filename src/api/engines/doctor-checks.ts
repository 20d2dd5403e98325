/**
 * Golden layers: small graphs with fixed inputs, which the reference engine and another engine both run. If the results
 * differ, the other engine computes wrongly on this machine.
 */
import type { Engine } from '../../engine/engine.js'
import { openReference } from '../../engine/reference/engine.js'
import { GraphBuilder } from '../../graph/builder.js'
import { f32, type Graph } from '../../graph/graph.js'
import { compileGraph } from '../../inference/compile.js'
import { batchNorm } from '../../ops/batch-norm.js'
import { conv2d } from '../../ops/conv2d.js'
import { emit } from '../../ops/op.js'
import { preset } from '../../spec/presets.js'
import { defaultRecipe } from '../../tasks/recipe.js'
import { trainingGraph } from '../../train/step/step.js'
import { Random } from '../../util/random.js'
import { elements } from '../../util/shape.js'

/** A graph to run once, and the tolerance against the reference. */
export interface GoldenCheck {
  readonly name: string
  /** The largest accepted error, divided by the largest magnitude of its tensor. */
  readonly limit: number
  readonly graph: Graph
}

/** Engines compute in float32. Another order of summation and Winograd's transforms cost at most this error. */
const CONVOLUTION = 2e-5
const NORM = 2e-6
/** A whole network, forward and backward: rounding grows from layer to layer. */
const STEP = 1e-4

export function goldenChecks(): GoldenCheck[] {
  return [
    { name: '3x3 convolution', limit: CONVOLUTION, graph: convolution([2, 16, 12, 12], 32, 3, 1) },
    { name: '3x3 convolution, stride 2', limit: CONVOLUTION, graph: convolution([2, 20, 9, 11], 37, 3, 2) },
    { name: '1x1 convolution', limit: CONVOLUTION, graph: convolution([1, 64, 7, 7], 16, 1, 1) },
    { name: '7x7 stem of RGB', limit: CONVOLUTION, graph: convolution([2, 3, 21, 17], 16, 7, 2) },
    { name: 'batch norm', limit: NORM, graph: norm([4, 24, 6, 5]) },
    { name: 'a step of ResNet-8', limit: STEP, graph: step() },
  ]
}

type Shape4 = readonly [number, number, number, number]

function convolution(shape: Shape4, width: number, kernel: number, stride: number): Graph {
  const builder = new GraphBuilder()
  const x = builder.input('x', 'data', f32(...shape))
  const weight = builder.input('weight', 'parameter', f32(width, shape[1], kernel, kernel))
  const padding = (kernel - 1) / 2
  const attributes = { stride: [stride, stride], padding: [padding, padding], dilation: [1, 1] } as const
  builder.output('y', emit(builder, conv2d, attributes, [x, weight], 'conv')[0]!)
  return builder.build()
}

function norm(shape: Shape4): Graph {
  const builder = new GraphBuilder()
  const x = builder.input('x', 'data', f32(...shape))
  const scale = builder.input('scale', 'parameter', f32(shape[1]))
  const shift = builder.input('shift', 'parameter', f32(shape[1]))
  const outputs = emit(builder, batchNorm, { epsilon: 1e-5 }, [x, scale, shift], 'norm')
  for (const [i, name] of ['y', 'mean', 'variance'].entries()) builder.output(name, outputs[i]!)
  return builder.build()
}

function step(): Graph {
  const spec = preset('resnet8', { input: { channels: 3, height: 16, width: 16 } })
  return trainingGraph(spec, { ...defaultRecipe, batchSize: 4 })
}

/** The result of a check on the reference engine. */
export function goldenResult(check: GoldenCheck): Promise<ReadonlyMap<string, Float32Array>> {
  return run(openReference(), check)
}

/**
 * The largest error of an engine in a check, divided by the largest magnitude of its tensor. NaN if the engine gives
 * NaN.
 */
export async function largestError(
  engine: Engine,
  check: GoldenCheck,
  golden: ReadonlyMap<string, Float32Array>,
): Promise<number> {
  let largest = 0
  for (const [name, got] of await run(engine, check)) {
    const wanted = golden.get(name)!
    const magnitude = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    for (const [i, value] of wanted.entries()) {
      const error = got[i] === value ? 0 : Math.abs(got[i]! - value) / magnitude
      if (!(error <= largest)) largest = error
      if (Number.isNaN(error)) return error
    }
  }
  return largest
}

/** Runs a graph once. Returns all outputs and all values that the run updates. */
async function run(engine: Engine, { graph }: GoldenCheck): Promise<Map<string, Float32Array>> {
  const executable = await compileGraph(engine, graph)
  try {
    const random = new Random(7)
    for (const { name, value, role } of graph.inputs) {
      const count = elements(value.type.shape)
      if (value.type.dtype === 'i32')
        executable.write(
          name,
          Int32Array.from({ length: count }, () => random.below(10)),
        )
      else
        executable.write(
          name,
          Float32Array.from({ length: count }, () => inputValue(name, role, random)),
        )
    }
    await executable.run()
    const changed = graph.inputs.filter(({ value }) => graph.updates.some(({ target }) => target === value))
    const results = new Map<string, Float32Array>()
    for (const { name } of [...graph.outputs, ...changed]) results.set(name, await executable.read(name))
    return results
  } finally {
    await executable.dispose()
  }
}

function inputValue(name: string, role: string, random: Random): number {
  if (name === 'lr') return 0.1
  if (role === 'optimizer') return 0
  if (name.endsWith('scale') || name.endsWith('variance')) return 0.5 + random.uniform()
  return role === 'parameter' ? 0.1 * random.normal() : random.normal()
}
