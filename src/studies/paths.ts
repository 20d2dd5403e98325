/**
 * A residual net of n blocks is a bundle of 2^n paths. Each path passes through some branches and around the others.
 * Long paths carry hardly any gradient. [Veit 2016, §5]
 */
import { differentiate, pullBack } from '../autodiff/differentiate.js'
import { GraphBuilder } from '../graph/builder.js'
import type { Graph } from '../graph/graph.js'
import { Session } from '../inference/session.js'
import type { Tensor } from '../inference/weights.js'
import { addBlock } from '../model/block.js'
import { headOf } from '../model/heads/index.js'
import { LayerBuilder } from '../model/layers.js'
import { type PlacedBlock, placedBlocks } from '../spec/blocks.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import { ln } from '../util/math.js'
import { Random } from '../util/random.js'
import { difference } from './depths.js'
import { pointOf } from './figure.js'
import { activationsOf, lengthOf, testBatch } from './look.js'
import { correlation } from './reorder.js'
import { defineStudy } from './study.js'
import { someOf, type Weights } from './surgeon.js'
import { apartTrainings, trainApart } from './taken-apart.js'
import { wantedOf } from './variants.js'
import { all, atLeast, atMost, mean } from './verdict.js'
import { at, eachSeed, finalErrors, type Trained, type Workbench } from './workbench.js'

export interface Paths {
  readonly blocks: number
  /** Per seed, the natural logarithm of the mean gradient norm at the input, by length of the path from 0. */
  readonly logNorms: readonly (readonly number[])[]
  /**
   * Test errors in percent, one per seed: of the whole net, and of its twin trained along effective paths alone, if it
   * was run.
   */
  readonly errors: { readonly whole: readonly number[]; readonly effective: readonly number[] }
}

const SAMPLES = { quick: 6, paper: 100 } as const
/** Number of pictures in the batch whose gradient is taken. */
const BATCH = 16
/** The share of the summed gradient that counts as nearly all. */
const NEARLY_ALL = 0.9
/**
 * The share of the blocks that a step of effective-path training goes through. It gives the trained paths the lengths
 * of those that carry the gradient [Veit 2016, §5].
 */
const KEPT = 23 / 54

/** The name of the twin. It takes as long to train as the whole net. */
const EFFECTIVE = 'effective paths'

/** Trains along the effective paths: each batch passes only some of the branches. */
const effectiveRecipe: RecipeOptions = { dropPath: 1 - KEPT, dropPathRule: 'uniform', dropPathBy: 'batch' }

export const paths = defineStudy({
  name: 'paths',
  title: 'Which paths carry the gradient?',
  about:
    'Written out, a net of n residual blocks is a sum over 2^n paths. Most have a length near n/2, but the gradient ' +
    'that comes back along a path shrinks with each branch on its way. For each length some blocks are drawn at ' +
    'random, a batch goes forward through the whole trained net, and its gradient goes back through the branches of ' +
    'these blocks and the shortcuts of all others. Multiplied by the number of paths of that length, this tells ' +
    'which paths a net learns by. Then a twin is trained in which each step goes through 23 in 54 of the blocks, ' +
    'drawn anew, and through the shortcuts of the others: it never learns along long paths. (The paper draws exactly ' +
    'so many; here each block is drawn by itself.)',
  shrunk:
    'A pre-activation net of 56 layers (27 blocks, not 54), trained for six epochs; 6 paths per length, not 1000.',
  claims: {
    shrinks: {
      text: 'The gradient along a path falls exponentially with its length.',
      source: 'Veit 2016, figure 6 (b)',
      expected: 'exponential fall',
    },
    'short-paths-carry': {
      text: 'Nearly all of the gradient comes from paths that are much shorter than most paths.',
      source: 'Veit 2016, figure 6 (c)',
      expected: 'lengths 5 to 17 of 54, where the mean length is 27',
    },
    'few-paths': {
      text: 'The paths that carry nearly all of the gradient are a small part of all paths.',
      source: 'Veit 2016, §5',
      expected: '0.45 % of all paths',
    },
    'effective-suffice': {
      text: 'Training along the effective paths alone does as well as training the whole net.',
      source: 'Veit 2016, §5',
      expected: '5.96 % error against 6.10 %',
    },
  },

  trainings: (bench) => [
    ...apartTrainings(bench),
    ...(wantsEffective(bench) ? apartTrainings(bench, effectiveRecipe) : []),
  ],

  async measure(bench): Promise<Paths> {
    const logNorms = await eachSeed(bench, async (seed) => {
      const trained = await trainApart(bench, seed)
      return bench.once(`paths ${trained.spec.name} ${seed}`, () => normsByLength(bench, trained))
    })
    const errors = (recipe: RecipeOptions) =>
      eachSeed(bench, async (seed) => finalErrors(await trainApart(bench, seed, recipe)).test)
    return {
      blocks: logNorms[0]!.length - 1,
      logNorms,
      errors: {
        whole: await errors({}),
        effective: wantsEffective(bench) ? await errors(effectiveRecipe) : [],
      },
    }
  },

  judge({ blocks, logNorms, errors }) {
    const lengths = Array.from({ length: blocks + 1 }, (_, k) => k)
    const ranges = logNorms.map((logs) => carrying(logs, NEARLY_ALL))
    return {
      shrinks: all(
        atLeast(
          'straightness of ln(norm) against length (R²)',
          logNorms.map((logs) => correlation(lengths, logs) ** 2),
          0.8,
          '',
        ),
        atMost(
          'correlation of ln(norm) with length',
          logNorms.map((logs) => correlation(lengths, logs)),
          0,
          '',
        ),
      ),
      'short-paths-carry': atMost(
        `middle of the shortest range of lengths with ${100 * NEARLY_ALL} % of the summed gradient, as a part of the mean length`,
        ranges.map(([from, to]) => (100 * (from + to)) / blocks),
        75,
        '%',
      ),
      'few-paths': atMost(
        'part of all paths whose lengths are in that range',
        ranges.map(([from, to]) => 100 * shareOfPaths(blocks, from, to)),
        10,
        '%',
      ),
      'effective-suffice': atMost(
        'test error of the net trained by effective paths above that of the whole one',
        difference(errors.effective, errors.whole),
        1,
        'points',
      ),
    }
  },

  rows({ blocks, logNorms, errors }) {
    const ranges = logNorms.map((logs) => carrying(logs, NEARLY_ALL))
    return [
      {
        what: `range with ${100 * NEARLY_ALL} % of the gradient: from length`,
        published: 5,
        values: ranges.map(([from]) => from),
        unit: '',
      },
      { what: 'to length', published: 17, values: ranges.map(([, to]) => to), unit: '' },
      {
        what: 'part of all paths with these lengths',
        published: 0.45,
        values: ranges.map(([from, to]) => 100 * shareOfPaths(blocks, from, to)),
        unit: '%',
        digits: 2,
      },
      { what: 'mean length of all paths', published: 27, values: [blocks / 2], unit: '' },
      { what: 'trained as a whole: test error', published: 6.1, values: errors.whole, unit: '%' },
      { what: 'trained by effective paths: test error', published: 5.96, values: errors.effective, unit: '%' },
    ]
  },

  figures({ blocks, logNorms }) {
    const lengths = Array.from({ length: blocks + 1 }, (_, k) => k)
    const shares = logNorms.map(gradientShares)
    const counts = lengths.map((k) => shareOfPaths(blocks, k, k))
    const relative = logNorms.map((logs) => logs.map((log) => Math.exp(log - logs[0]!)))
    return [
      {
        kind: 'lines',
        title: 'Gradient at the input by length of the path',
        subtitle: 'relative to the path through shortcuts alone; mean over single paths and seeds',
        x: { label: 'branches on the path', from: 0 },
        y: { label: 'norm', log: true },
        series: [
          {
            name: 'one path',
            tone: 'residual',
            points: lengths.map((k) =>
              pointOf(
                k,
                relative.map((list) => list[k]!),
              ),
            ),
          },
        ],
      },
      {
        kind: 'lines',
        title: 'All paths of a length together',
        subtitle: 'their share of the summed gradient, and their share of all paths',
        x: { label: 'branches on the path', from: 0 },
        y: { label: 'part', unit: '%', from: 0 },
        series: [
          {
            name: 'gradient',
            tone: 'residual',
            points: lengths.map((k) =>
              pointOf(
                k,
                shares.map((list) => 100 * list[k]!),
              ),
            ),
          },
          {
            name: 'paths',
            tone: 'neutral',
            dash: 'dashed',
            points: lengths.map((k) => ({ x: k, y: 100 * counts[k]! })),
          },
        ],
      },
    ]
  },
})

/** The share of all paths through n blocks that pass from `from` to `to` branches: binomial with one half. */
export function shareOfPaths(n: number, from: number, to: number): number {
  let share = 0
  for (let k = from; k <= to; k++) share += Math.exp(logBinomial(n, k) - n * Math.LN2)
  return share
}

/** ln of the number of ways to choose k of n. */
function logBinomial(n: number, k: number): number {
  let log = 0
  for (let i = 1; i <= k; i++) log += ln((n - k + i) / i)
  return log
}

/**
 * The share that all paths of each length carry together: number of paths times mean norm, divided by the sum over all
 * lengths.
 */
export function gradientShares(logNorms: readonly number[]): number[] {
  const n = logNorms.length - 1
  const logs = logNorms.map((log, k) => log + logBinomial(n, k))
  const largest = Math.max(...logs)
  const totals = logs.map((log) => Math.exp(log - largest))
  const sum = totals.reduce((a, b) => a + b)
  return totals.map((total) => total / sum)
}

/** The shortest range of lengths [from, to] that carries at least this share of the summed gradient. */
export function carrying(logNorms: readonly number[], part: number): readonly [number, number] {
  const shares = gradientShares(logNorms)
  for (let width = 1; width <= shares.length; width++) {
    const sums = shares
      .slice(0, shares.length - width + 1)
      .map((_, from) => shares.slice(from, from + width).reduce((a, b) => a + b))
    const best = sums.indexOf(Math.max(...sums))
    if (sums[best]! >= part) return [best, best + width - 1]
  }
  return [0, shares.length - 1]
}

/** The two ways back through a block: the branch alone, and the shortcut alone. */
interface WayBack {
  branch(gradient: Float32Array): Promise<Float32Array>
  shortcut(gradient: Float32Array): Promise<Float32Array>
}

async function normsByLength(bench: Workbench, { spec, seed, checkpoint }: Trained): Promise<number[]> {
  const network = await checkpoint()
  const blocks = placedBlocks(spec)
  const inputs = blocks.map((_, i): LayerPath => (i === 0 ? 'stem' : blocks[i - 1]!.path))
  const found = await activationsOf(bench, network, testBatch(bench, seed, BATCH), [...inputs, blocks.at(-1)!.path])
  const at0 = (path: LayerPath) => found[path]!
  const sessions: Session[] = []
  try {
    const ways: WayBack[] = []
    for (const [i, block] of blocks.entries())
      ways.push(
        await wayBack(bench, block, network.weights, at0(inputs[i]!), sideOf(spec.input.height, blocks, i), sessions),
      )
    const fromHead = unit(await headGradient(bench, spec, seed, network.weights, at0(blocks.at(-1)!.path)))
    const logs: number[] = []
    for (let length = 0; length <= blocks.length; length++) {
      const norms: number[] = []
      for (let sample = 0; sample < at(bench, SAMPLES); sample++) {
        bench.signal?.throwIfAborted()
        const through = new Set(someOf(ways, length, new Random(seed, length, sample)))
        let gradient = fromHead
        let log = 0
        for (const way of ways.toReversed()) {
          const back = await (through.has(way) ? way.branch(gradient) : way.shortcut(gradient))
          if (back === gradient) continue // an identity
          log += ln(lengthOf(back))
          gradient = unit(back)
        }
        norms.push(log)
      }
      const largest = Math.max(...norms)
      logs.push(largest + ln(mean(norms.map((log) => Math.exp(log - largest)))))
    }
    return logs
  } finally {
    for (const session of sessions) await session.dispose()
  }
}

/** The gradient of the loss at the output of the last block. */
async function headGradient(
  bench: Workbench,
  spec: NetworkSpec,
  seed: number,
  weights: Weights,
  features: Float32Array,
): Promise<Float32Array> {
  const layers = new LayerBuilder('inference')
  const last = placedBlocks(spec).at(-1)!
  const side = Math.round(Math.sqrt(features.length / BATCH / last.width))
  const x = layers.pictures(BATCH, last.width, side, side)
  const { logits } = headOf(spec.head).build(layers, spec.head, { pictures: x, maps: [x] })
  layers.graph.output('loss', layers.loss('loss', logits!, layers.labels(BATCH), 0))
  const { graph, gradients } = differentiate(layers.graph.build(), 'loss', [x])
  const builder = new GraphBuilder(graph)
  builder.output('back', gradients.get(x)!)
  const labels = Int32Array.from({ length: BATCH }, (_, i) => bench.data(seed).test.labels[i]!)
  const session = await Session.open(bench.engine, builder.build(), { weights: weightsOf(graph, weights) })
  try {
    return (await session.run({ pictures: features, labels })).back!.data
  } finally {
    await session.dispose()
  }
}

/** The weights that a part of the network has. */
function weightsOf({ inputs }: Graph, weights: Weights): Map<string, Tensor> {
  const own = inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
  return new Map(own.map(({ name }) => [name, weights.get(name)!]))
}

function unit(values: Float32Array): Float32Array {
  const length = lengthOf(values)
  return values.map((value) => value / length)
}

/** Height of the maps that enter a block. */
function sideOf(height: number, blocks: readonly PlacedBlock[], index: number): number {
  return blocks.slice(0, index).reduce((side, { spec }) => Math.ceil(side / spec.stride), height)
}

async function wayBack(
  bench: Workbench,
  block: PlacedBlock,
  weights: Weights,
  input: Float32Array,
  side: number,
  sessions: Session[],
): Promise<WayBack> {
  const { activateBeforeSplit: _, ...spec } = block.spec
  const branch = await pulling(bench, { ...block, spec: { ...spec, shortcut: 'none' } }, weights, side)
  sessions.push(branch)
  const back = async (session: Session, gradient: Float32Array) =>
    (await session.run({ pictures: input, gradient })).back!.data
  if (!block.changesSize && !block.spec.activateBeforeSplit)
    return { branch: (gradient) => back(branch, gradient), shortcut: async (gradient) => gradient }
  // The shortcut's gradient is that of the whole block minus that of its branch.
  const whole = await pulling(bench, block, weights, side)
  sessions.push(whole)
  return {
    branch: (gradient) => back(branch, gradient),
    shortcut: async (gradient) => {
      const through = await back(branch, gradient)
      return (await back(whole, gradient)).map((value, i) => value - through[i]!)
    },
  }
}

/** The gradient at a block's input for a given gradient at its output, with norms in inference mode. */
async function pulling(bench: Workbench, block: PlacedBlock, weights: Weights, side: number): Promise<Session> {
  const layers = new LayerBuilder('inference')
  const x = layers.pictures(BATCH, block.inputWidth, side, side)
  const y = addBlock(layers, block, x)
  const gradient = layers.graph.input('gradient', 'data', y.type)
  const { graph, gradients } = pullBack(layers.graph.build(), new Map([[y, gradient]]), [x])
  const builder = new GraphBuilder(graph)
  builder.output('back', gradients.get(x)!)
  return Session.open(bench.engine, builder.build(), { weights: weightsOf(graph, weights) })
}

function wantsEffective(bench: Workbench): boolean {
  return wantedOf(bench, ['whole net', EFFECTIVE]).has(EFFECTIVE)
}
