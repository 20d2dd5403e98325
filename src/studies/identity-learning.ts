/** Trains stacks of layers from random maps to return their input. */
import { f32, type Graph } from '../graph/graph.js'
import { Session } from '../inference/session.js'
import { LayerBuilder } from '../model/layers.js'
import { emit } from '../ops/op.js'
import { squaredError } from '../ops/regression-loss.js'
import { completeRecipe } from '../tasks/complete-recipe.js'
import { stepGraph } from '../train/step/step.js'
import { Random } from '../util/random.js'
import { elements } from '../util/shape.js'
import { at, type Workbench } from './workbench.js'

const BATCH = 16
const WIDTH = 16
const SIDE = 8
const LR = 0.02

/** Final errors by depth, divided by the target's variance. */
export interface Learned {
  readonly depths: readonly number[]
  readonly plain: readonly number[]
  readonly residual: readonly number[]
}

export async function learnIdentity(bench: Workbench, seed: number): Promise<Learned> {
  const depths = [2, 4, 8, 16]
  const steps = bench.epochs === undefined ? at(bench, { quick: 250, paper: 2000 }) : 20 * bench.epochs
  const errors = async (residual: boolean) => {
    const list: number[] = []
    for (const depth of depths) list.push(await learn(bench, stack(depth, residual), steps, seed))
    return list
  }
  return { depths, plain: await errors(false), residual: await errors(true) }
}

/**
 * Builds conv, ReLU, conv; with shortcuts the input of each pair is added to its output. Input and target are signed.
 */
export function stack(depth: number, residual: boolean): Graph {
  const layers = new LayerBuilder('training')
  const input = layers.pictures(BATCH, WIDTH, SIDE, SIDE)
  const target = layers.graph.input('target', 'data', f32(BATCH, WIDTH, SIDE, SIDE))
  let x = input
  for (let layer = 1; layer <= depth; layer += 2) {
    const before = x
    const conv = { kind: 'conv', width: WIDTH, kernel: 3 } as const
    x = layers.conv(`layer${layer}`, x, conv, 1)
    x = layers.relu(`layer${layer}.relu`, x)
    x = layers.conv(`layer${layer + 1}`, x, conv, 1)
    if (residual) x = layers.add(`layer${layer + 1}.add`, x, before)
  }
  layers.graph.output('loss', emit(layers.graph, squaredError, {}, [x, target], 'loss')[0]!)
  return layers.graph.build()
}

/** Mean error of the last batches. A stack that lost its numbers counts as a constant. */
async function learn(bench: Workbench, graph: Graph, steps: number, seed: number): Promise<number> {
  const recipe = completeRecipe({ lr: LR, weightDecay: 0, clipNorm: 1 })
  const session = await Session.open(bench.engine, stepGraph([graph], recipe), { weights: fresh(graph, seed) })
  try {
    const random = new Random(seed, 0x1d)
    const last: number[] = []
    for (let step = 0; step < steps; step++) {
      bench.signal?.throwIfAborted()
      const maps = Float32Array.from({ length: BATCH * WIDTH * SIDE * SIDE }, () => random.normal())
      const { loss } = await session.run({ pictures: maps, target: maps, lr: Float32Array.of(LR) })
      if (step >= steps - 10) last.push(loss!.data[0]!)
    }
    const error = last.reduce((sum, value) => sum + value, 0) / last.length
    return Number.isFinite(error) ? Math.min(1, error) : 1
  } finally {
    await session.dispose()
  }
}

/** He initialisation. */
function fresh({ inputs }: Graph, seed: number): Map<string, Float32Array> {
  const random = new Random(seed, 0x1e)
  const deviation = Math.sqrt(2 / (9 * WIDTH))
  return new Map(
    inputs
      .filter(({ role }) => role === 'parameter')
      .map(({ name, value }) => [
        name,
        new Float32Array(elements(value.type.shape)).map(() => deviation * random.normal()),
      ]),
  )
}
