/**
 * Convolutions of rounded operands against the reference, which rounds the same: products of bfloat16 are exact in
 * float32, so that the tolerances are those of any convolution. The reference runs what the engine makes of a graph:
 * there, only those are rounded that gain by it.
 */
import { expect, test } from 'vitest'
import { tapeOf } from '../../src/engine/cpu/engine.js'
import { layoutsOf } from '../../src/engine/cpu/layout.js'
import { gainsByRounding } from '../../src/engine/cpu/lower/bf16.js'
import type { Engine } from '../../src/engine/engine.js'
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { roundToBf16 } from '../../src/engine/reference/rounded.js'
import { f32, type Graph } from '../../src/graph/graph.js'
import { compileGraph } from '../../src/inference/compile.js'
import { conv2d } from '../../src/ops/conv2d.js'
import { isRounded, keepRounded } from '../../src/ops/precision.js'
import type { ConvAttributes, Pair } from '../../src/ops/window.js'
import { planGraph } from '../../src/plan/planner.js'
import { describeEngines } from './engines.js'
import { measure } from './measure.js'
import { constant, type Fill, normal, type SingleOp, singleOp, ties } from './single-op.js'
import { tolerances } from './tolerances.js'

test('rounds to 8 bits, half-way to the even, and keeps what is no number', () => {
  const values = Float32Array.of(
    1,
    1 + 2 ** -8,
    1 + 3 * 2 ** -8,
    -1 - 2 ** -7,
    1 + 2 ** -8 + 2 ** -20,
    Infinity,
    NaN,
    0,
  )
  expect([...roundToBf16(values)]).toEqual([1, 1, 1 + 2 ** -6, -1 - 2 ** -7, 1 + 2 ** -7, Infinity, NaN, 0])
})

interface Geometry {
  readonly x: readonly [number, number, number, number]
  readonly weight: readonly [number, number, number]
  readonly stride?: Pair
  readonly padding?: Pair
  readonly dilation?: Pair
}

const geometries: readonly Geometry[] = [
  // Stages of CIFAR nets, and of ImageNet nets.
  { x: [2, 16, 32, 32], weight: [16, 3, 3], padding: [1, 1] },
  { x: [3, 16, 16, 16], weight: [32, 3, 3], stride: [2, 2], padding: [1, 1] },
  { x: [17, 32, 16, 16], weight: [32, 3, 3], padding: [1, 1] },
  { x: [2, 64, 8, 8], weight: [64, 3, 3], padding: [1, 1] },
  { x: [2, 64, 56, 56], weight: [64, 3, 3], padding: [1, 1] },
  { x: [1, 64, 28, 28], weight: [128, 1, 1], stride: [2, 2] },
  { x: [1, 64, 14, 14], weight: [48, 3, 3], stride: [2, 2], padding: [1, 1] },
  { x: [5, 64, 7, 7], weight: [64, 3, 3], padding: [1, 1] },
  { x: [1, 256, 7, 7], weight: [64, 1, 1] },
  { x: [1, 512, 3, 3], weight: [32, 3, 3], padding: [1, 1] },
  { x: [33, 16, 4, 4], weight: [16, 3, 3], padding: [1, 1] },
  // Odd numbers of blocks, widths that fill none.
  { x: [2, 48, 9, 17], weight: [80, 3, 3], padding: [1, 1] },
  { x: [3, 17, 13, 6], weight: [33, 3, 3], padding: [1, 1] },
  { x: [2, 40, 7, 9], weight: [100, 1, 1] },
  // A pixel; rows and columns; no padding, and much; strides and dilations that differ.
  { x: [1, 16, 1, 1], weight: [16, 1, 1] },
  { x: [1, 16, 1, 50], weight: [16, 1, 5], padding: [0, 2] },
  { x: [1, 32, 50, 1], weight: [16, 5, 1], padding: [2, 0] },
  { x: [2, 16, 8, 9], weight: [16, 3, 3] },
  { x: [1, 18, 5, 7], weight: [18, 3, 3], padding: [0, 3] },
  { x: [2, 16, 7, 8], weight: [16, 2, 2] },
  { x: [2, 20, 8, 8], weight: [24, 4, 4], stride: [2, 2], padding: [1, 1] },
  { x: [2, 16, 9, 14], weight: [16, 3, 3], stride: [1, 2], padding: [1, 1] },
  { x: [1, 19, 11, 13], weight: [21, 3, 3], stride: [3, 2], padding: [1, 0] },
  { x: [2, 16, 10, 11], weight: [32, 1, 1], stride: [3, 3] },
  { x: [1, 16, 15, 13], weight: [16, 3, 3], padding: [2, 2], dilation: [2, 2] },
  { x: [2, 16, 11, 16], weight: [16, 3, 3], stride: [2, 2], padding: [2, 3], dilation: [2, 3] },
]

function casesOf({ x, weight: [o, kh, kw], ...given }: Geometry): SingleOp[] {
  const attributes: ConvAttributes = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], ...given, precision: 'bf16' }
  const input = { type: f32(...x), fill: normal() }
  const weight = { type: f32(o, x[1], kh, kw), fill: normal(), role: 'parameter' } as const
  const dy = { type: conv2d.infer([input.type, weight.type], attributes)[0]!, fill: normal() }
  const bands = Math.min(2, dy.type.shape[2]!)
  // A norm that is exact in float32, so that engine and reference round the same numbers: whole ones, and 1 / sqrt(0 + 1/4).
  const whole = { ...input, fill: ties }
  const vector = (fill: Fill) => ({ type: f32(x[1]), fill })
  const norm = [vector(ties), vector(ties), vector(ties), vector(constant(0))]
  const size = [x[2], x[3]] as const
  const [normScale, normShift, normMean, normVariance] = norm
  const onX = { normScale, normShift, normMean, normVariance }
  const ofNorm = { normEpsilon: 0.25, normRelu: true }
  const reduce = { ...attributes, size, normEpsilon: 0.25, bands: 1 }
  return [
    singleOp('conv2d', attributes, [input, weight]),
    singleOp('conv2d', { ...attributes, bands }, [input, weight], { addend: dy }),
    singleOp('conv2d', { ...attributes, bands: 1, ...ofNorm }, [whole, weight], onX),
    singleOp('conv2dInputGradient', { ...attributes, size }, [dy, weight]),
    singleOp('conv2dInputGradient', { ...attributes, size }, [dy, weight], { addend: input }),
    ...(x[0] >= 16
      ? [
          singleOp('conv2dInputGradient', reduce, [dy, weight], { normX: input, normMean, normY: whole }),
          singleOp('conv2dInputGradient', reduce, [dy, weight], { addend: input, ...onX, normX: whole }),
        ]
      : []),
    singleOp('conv2dWeightGradient', { ...attributes, kernel: [kh, kw] }, [input, dy]),
    singleOp('conv2dWeightGradient', { ...attributes, kernel: [kh, kw], ...ofNorm }, [whole, dy], onX),
  ]
}

async function runOn(engine: Engine, graph: Graph, inputs: ReadonlyMap<string, Float32Array | Int32Array>) {
  const executable = await compileGraph(engine, graph)
  for (const [name, data] of inputs) executable.write(name, data)
  await executable.run()
  const outputs = new Map<string, Float32Array>()
  for (const { name } of graph.outputs) outputs.set(name, await executable.read(name))
  await executable.dispose()
  return outputs
}

const all = geometries.flatMap(casesOf)
/** What the reference gives, computed once for all engines. */
const wanted = new Map<SingleOp, ReadonlyMap<string, Float64Array>>()

function wantedOf(one: SingleOp): ReadonlyMap<string, Float64Array> {
  const known = wanted.get(one) ?? evaluateOutputs(one.graph, one.inputs())
  wanted.set(one, known)
  return known
}

await describeEngines(
  (engine, open) => {
    for (const one of all)
      test(one.title, async () => {
        const lowered = engine().target.lower(one.graph)
        const rounds = isRounded(lowered)
        // Vectors of bfloat16 gain nothing over Winograd's algorithm, which takes some 3x3 kernels with stride 1.
        const threeByThree = /x3x3 |kernel=\(3,3\)/.test(one.title)
        if (!threeByThree || !one.title.includes('stride=(1,1)')) expect(rounds).toBe(true)
        if (!rounds) return // what stays in float32 is held against the reference in ops.test.ts
        const got = await runOn(engine(), one.graph, one.inputs())
        for (const [name, values] of wantedOf(one)) {
          const { max, rms } = measure(got.get(name)!, values)
          const tolerance = tolerances[one.op]
          expect(max, `largest error of ${name}`).toBeLessThanOrEqual(tolerance.max)
          expect(rms, `rms error of ${name}`).toBeLessThanOrEqual(tolerance.rms)
        }
      })

    test('gives the same bits on any number of threads', async () => {
      const three = await open(3)
      for (const one of all.slice(0, 20))
        expect(await runOn(three, one.graph, one.inputs())).toEqual(await runOn(engine(), one.graph, one.inputs()))
      await three.dispose()
    })
  },
  [],
  ({ precisions }) => (precisions.includes('bf16') ? undefined : 'bf16'),
)

test('a convolution of rounded operands is never given a bias or a ReLU, which its kernel lacks', () => {
  const attributes: ConvAttributes = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], precision: 'bf16' }
  const input = { type: f32(1, 16, 8, 8), fill: normal() }
  const weight = { type: f32(16, 16, 3, 3), fill: normal(), role: 'parameter' } as const
  const bias = { type: f32(16), fill: normal() }
  const { graph } = singleOp('conv2d', { ...attributes, relu: true }, [input, weight], { bias })
  const plan = planGraph(graph, { lower: (same) => same, sizes: () => () => 4, workspace: () => 0 })
  expect(() => tapeOf(plan, plan.steps, layoutsOf(plan.graph))).toThrow(
    'internal error: a convolution of rounded operands trains, so it takes no bias and no ReLU',
  )
})

test('stems and convolutions in groups stay in float32', () => {
  const suits = (channels: number, outputs: number, groups: number) => {
    const attributes: ConvAttributes = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups, precision: 'bf16' }
    const weight = { type: f32(outputs, channels / groups, 3, 3), fill: normal() }
    return isRounded(
      keepRounded(
        singleOp('conv2d', attributes, [{ type: f32(1, channels, 8, 8), fill: normal() }, weight]).graph,
        gainsByRounding,
      ),
    )
  }
  expect(suits(3, 16, 1)).toBe(false)
  expect(suits(16, 15, 1)).toBe(false)
  expect(suits(32, 32, 2)).toBe(false)
  expect(suits(16, 16, 1)).toBe(true)
})
