import { describe, expect, it } from 'vitest'
import { evaluate, evaluateNode } from '../../src/engine/reference/evaluate.js'
import type { Tensor } from '../../src/engine/reference/tensor.js'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, type Graph, type Node, type Value } from '../../src/graph/graph.js'
import { forwardGraph } from '../../src/model/forward.js'
import { emit } from '../../src/ops/op.js'
import { relu } from '../../src/ops/relu.js'
import { type Interval, placeIntervals } from '../../src/plan/arena.js'
import { fuseGradientAdd, fuseReduction, splitNormGradient } from '../../src/plan/passes/backward.js'
import { fuseAdd, fuseRelu } from '../../src/plan/passes/epilogue.js'
import { foldBatchNorms } from '../../src/plan/passes/fold.js'
import { fuseNormalise } from '../../src/plan/passes/prologue.js'
import { splitBatchNorm } from '../../src/plan/passes/statistics.js'
import { transformWeights } from '../../src/plan/passes/winograd.js'
import type { Plan, PlanTarget } from '../../src/plan/plan.js'
import { planGraph } from '../../src/plan/planner.js'
import { preset } from '../../src/spec/presets.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import { trainingGraph } from '../../src/train/step/step.js'
import { EngineError } from '../../src/util/errors.js'
import { Random } from '../../src/util/random.js'
import { elements } from '../../src/util/shape.js'

const size = { channels: 3, height: 8, width: 8 }
const settings = completeRecipe({
  batchSize: 2,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 1e-2,
  decayOn: 'all',
  labelSmoothing: 0.1,
})

function suitsWinograd({ op, inputs: [, weight], attributes }: Node): boolean {
  return op === 'conv2d' && weight!.type.shape[2] === 3 && String(attributes.stride) === '1,1'
}

/** Float64 buffers and every fusion, and a workspace for each convolution that its node fills with rubbish. */
const target: PlanTarget = {
  lower: (graph) =>
    [
      foldBatchNorms,
      (g: Graph) => splitBatchNorm(g, () => 1),
      fuseAdd,
      fuseRelu,
      splitNormGradient,
      fuseGradientAdd,
      (g: Graph) => fuseNormalise(g, () => true),
      (g: Graph) => fuseReduction(g, () => 1),
      (g: Graph) => transformWeights(g, suitsWinograd),
    ].reduce((lowered, pass) => pass(lowered), graph),
  sizes: () => (value) => elements(value.type.shape) * 8,
  workspace: (node) => (node.op.startsWith('conv2d') ? 1000 : 0),
}

/** Runs a plan in one array, as an engine does, with rubbish in it at first. */
class ArenaRunner {
  readonly #plan: Plan
  readonly #arena: Float64Array

  constructor(plan: Plan) {
    this.#plan = plan
    this.#arena = new Float64Array(plan.bytes / 8).fill(Number.NaN)
  }

  tensor(value: Value): Tensor {
    const { offset } = this.#plan.buffers.get(value)!
    const { shape } = value.type
    return { shape, data: this.#arena.subarray(offset / 8, offset / 8 + elements(shape)) }
  }

  run(nodes: readonly Node[]): void {
    for (const node of nodes) {
      const workspace = this.#plan.workspaces.get(node)
      if (workspace) this.#arena.fill(Number.NaN, workspace.offset / 8, (workspace.offset + workspace.bytes) / 8)
      const values = new Map<Value, Tensor>()
      for (const value of node.inputs) {
        const { shape, data } = this.tensor(value)
        values.set(value, { shape, data: data.slice() }) // kernels of the reference are not made to run in place
      }
      for (const value of node.outputs) values.set(value, this.tensor(value))
      evaluateNode(node, values)
    }
  }
}

function randomInputs(graph: Graph): Map<string, Float64Array> {
  const random = new Random(3)
  return new Map(
    graph.inputs.map(({ name, role, value }) => {
      const draw = () => {
        if (value.type.dtype === 'i32') return random.below(10)
        if (name.endsWith('.variance')) return 0.5 + random.uniform()
        return role === 'scalar' ? 0.1 : random.normal()
      }
      return [name, Float64Array.from({ length: elements(value.type.shape) }, draw)]
    }),
  )
}

describe('planGraph', () => {
  it('says how much a plan would take that no machine has', () => {
    const graphOf = (...shape: number[]) => {
      const builder = new GraphBuilder()
      const x = builder.input('x', 'data', f32(...shape))
      builder.output('y', emit(builder, relu, {}, [x], 'relu')[0]!)
      return builder.build()
    }
    expect(() => planGraph(graphOf(2 ** 20, 2 ** 20, 2 ** 10), target)).toThrow(
      new EngineError(
        'the plan would take 8,192 TiB of memory or more, but a plan may take at most 64 TiB (2^46 bytes); ' +
          'use smaller pictures, a smaller batch, or a narrower network',
      ),
    )
    // Each part may be, both together may not.
    expect(() => planGraph(graphOf(2 ** 42 + 8), target)).toThrow(/the plan would take 64 TiB of memory or more/)
    expect(planGraph(graphOf(2 ** 41), target).bytes).toBe(2 ** 45)
  })

  const cases: [string, Graph][] = [
    ['training step of resnet8', trainingGraph(preset('resnet8', { input: size }), settings)],
    ['training step of plain8', trainingGraph(preset('plain8', { input: size }), settings)],
    [
      'training step of a pre-activation net',
      trainingGraph({ ...preset('preresnet110', { input: size }), stages: shortened('preresnet110') }, settings),
    ],
    ['inference of resnet8', forwardGraph(preset('resnet8', { input: size }), { batch: 2, mode: 'inference' })],
  ]

  it.each(cases)('%s: two runs in one arena give what the graph gives', (_, graph) => {
    const plan = planGraph(graph, target)
    const runner = new ArenaRunner(plan)
    const inputs = randomInputs(graph)
    for (const { name, value } of graph.inputs) runner.tensor(value).data.set(inputs.get(name)!)
    for (const round of [1, 2]) {
      runner.run(plan.setup)
      runner.run(plan.steps)
      const expected = evaluate(graph, inputs)
      // NaN anywhere in the sum of errors fails the comparison, so a buffer overwritten too early shows.
      for (const { name, value } of graph.outputs) expectClose(runner.tensor(value), expected.get(value)!, name)
      for (const { target, source } of graph.updates) {
        const { name } = graph.inputs.find(({ value }) => value === target)!
        expectClose(runner.tensor(target), expected.get(source)!, `round ${round}: ${name}`)
        inputs.set(name, runner.tensor(target).data.slice())
      }
    }
  })

  it('keeps of what the setup computes only what the steps read', () => {
    const plan = planGraph(cases.at(-1)![1], target)
    const fold = plan.setup.findLast(({ op }) => op === 'foldBatchNorm')!
    const [folded, bias] = fold.outputs as [Value, Value]
    const sharing = (value: Value) => {
      const { offset, bytes } = plan.buffers.get(value)!
      return [...plan.buffers].filter(([other, at]) => {
        return other !== value && at.offset < offset + bytes && offset < at.offset + at.bytes
      })
    }
    expect(plan.setup.some(({ op }) => op === 'winogradWeight')).toBe(true)
    expect(sharing(folded).length).toBeGreaterThan(0)
    expect(sharing(bias)).toEqual([])
  })

  it('reuses memory: the arena is far smaller than all values together', () => {
    const plan = planGraph(cases[0]![1], target)
    const all = [...plan.buffers.keys()].reduce((sum, value) => sum + elements(value.type.shape) * 8, 0)
    expect(plan.bytes).toBeLessThan(0.6 * all)
  })

  it('folds and transforms weights once, in the setup', () => {
    const { setup, steps } = planGraph(cases[3]![1], target)
    expect(new Set(setup.map(({ op }) => op))).toEqual(new Set(['foldBatchNorm', 'winogradWeight']))
    expect(steps.some(({ op }) => op === 'foldBatchNorm' || op === 'winogradWeight')).toBe(false)
  })
})

describe('placeIntervals', () => {
  it('never lets two buffers meet that live at the same time, and wastes little', () => {
    const random = new Random(11)
    const intervals: Interval[] = Array.from({ length: 400 }, () => {
      const from = random.below(200)
      return { bytes: 64 * (1 + random.below(50)), from, to: from + random.below(40) }
    })
    for (let i = 0; i < 20; i++)
      intervals.splice(random.below(intervals.length), 0, {
        bytes: 64 * (1 + random.below(50)),
        from: Number.NEGATIVE_INFINITY,
        to: Number.POSITIVE_INFINITY,
      })
    const { offsets, bytes } = placeIntervals(intervals)
    intervals.forEach((a, i) => {
      expect(offsets[i]! + a.bytes).toBeLessThanOrEqual(bytes)
      intervals.forEach((b, j) => {
        if (i >= j || a.to < b.from || b.to < a.from) return
        const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!
        expect(apart, `${i} and ${j}`).toBe(true)
      })
    })
    const live = (step: number) =>
      intervals.reduce((sum, { bytes, from, to }) => sum + (from <= step && step <= to ? bytes : 0), 0)
    const peak = Math.max(...Array.from({ length: 240 }, (_, step) => live(step)))
    expect(bytes).toBeLessThan(1.25 * peak)
  })

  it('wastes nothing where lifetimes are nested, as those of a forward and a backward pass are', () => {
    const forever = { bytes: 192, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
    const nested = Array.from({ length: 100 }, (_, i) => ({ bytes: 64 * (1 + (i % 3)), from: i, to: 400 - i }))
    expect(placeIntervals([...nested, forever]).bytes).toBe(192 + 64 * (34 + 2 * 33 + 3 * 33))
  })
})

/** The first block of each stage of a preset. */
function shortened(name: 'preresnet110') {
  return preset(name).stages.map(({ blocks }) => ({ blocks: blocks.slice(0, 1) }))
}

function expectClose(got: Tensor, expected: Tensor, what: string): void {
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9)
  const error = got.data.reduce((most, value, i) => most + Math.abs(value - expected.data[i]!), 0)
  expect(error / largest / got.data.length, what).toBeLessThan(1e-9)
}
