/** Signals and gradients add up along identity shortcuts and multiply along all others. [He 2016, §2, §3] */
import { placedBlocks } from '../spec/blocks.js'
import type { BlockPath, LayerPath } from '../spec/paths.js'
import type { BlockSpec, NetworkSpec } from '../spec/spec.js'
import { pointOf, type Series } from './figure.js'
import { activationsOf, largestError, lengthOf, testBatch } from './look.js'
import { cifarNet, recipeFor } from './nets.js'
import { defineStudy } from './study.js'
import { keepingSize } from './surgeon.js'
import { apartDepth, apartTrainings, trainApart } from './taken-apart.js'
import { all, atLeast, atMost, mean } from './verdict.js'
import { eachSeed, type Trained, type Workbench, withSeeds } from './workbench.js'

/** Gradients of a fresh net's loss, from the first block to the last. */
interface Backward {
  readonly name: string
  readonly tone: Series['tone']
  readonly dash?: Series['dash']
  /** Per seed, the norm of the gradient of each block's first layer. */
  readonly norms: readonly (readonly number[])[]
}

export interface Propagation {
  /** Largest deviation of x_L from x_l + the branches between, divided by the largest x_L; one per seed. */
  readonly preError: readonly number[]
  readonly postError: readonly number[]
  /** Per seed, the root mean square of each block's output in the trained pre-activation net. */
  readonly sizes: readonly (readonly number[])[]
  readonly backward: readonly Backward[]
}

const PICTURES = 16

/** log10 of the gradient of the first block divided by that of the last. */
const decades = ({ norms }: Backward) => norms.map((list) => Math.log10(list[0]! / list.at(-1)!))
const named = (backward: readonly Backward[], name: string) => backward.find((one) => one.name === name)!

export const propagation = defineStudy({
  name: 'propagation',
  title: 'What travels along the shortcuts?',
  about:
    'With identity shortcuts and nothing after the addition, the output of a stage is its input plus all branches ' +
    'between: x_L = x_l + Σ F(x_i). Gradients come back by the same sum, so that a part of them reaches every block ' +
    'unchanged. A shortcut that is scaled by λ instead multiplies by λ for each block on the way. This is checked on ' +
    'trained nets (forward) and on fresh ones of the same depth (backward).',
  shrunk: 'Nets of 56 layers; gradients of fresh nets on one batch.',
  claims: {
    additive: {
      text: 'In a pre-activation net the output equals the input plus the branches, to float32. With a ReLU after the addition it does not.',
      source: 'He 2016, equation 4',
      expected: 'equal',
    },
    grows: {
      text: 'Activations grow from block to block within a stage.',
      source: 'He 2016, §2 (sum of branches)',
      expected: 'grows',
    },
    'identity-keeps': {
      text: 'With identity shortcuts the gradients of the first and the last block are equal within a factor of ten.',
      source: 'He 2016, equation 5',
      expected: 'no vanishing',
    },
    'scaled-down-vanishes': {
      text: 'Shortcuts scaled by 0.5 make the gradient vanish on its way to the first block.',
      source: 'He 2016, equation 8 and table 1',
      expected: '∏ λ → 0; the net fails',
    },
    'scaled-up-explodes': {
      text: 'Shortcuts scaled by 1.1 make the gradient grow on its way, more than identity shortcuts do.',
      source: 'He 2016, equation 8',
      expected: '∏ λ → ∞',
    },
  },

  trainings: (bench) => [...apartTrainings(bench), ...withSeeds(bench, [originalNet(bench)])],

  async measure(bench): Promise<Propagation> {
    const pre = await eachSeed(bench, async (seed) => {
      const trained = await trainApart(bench, seed)
      return bench.once(`propagation pre ${trained.spec.name} ${seed}`, () => forward(bench, trained))
    })
    const post = await eachSeed(bench, async (seed) => {
      const { spec, recipe } = originalNet(bench)
      const trained = await bench.train(spec, recipe, seed)
      return bench.once(`propagation post ${trained.spec.name} ${seed}`, () => forward(bench, trained))
    })
    return {
      preError: pre.map(({ error }) => error),
      postError: post.map(({ error }) => error),
      sizes: pre.map(({ sizes }) => sizes),
      backward: await allBackward(bench),
    }
  },

  judge({ preError, postError, sizes, backward }) {
    const [identity, half, more] = ['identity', 'times 0.5', 'times 1.1'].map((name) => decades(named(backward, name)))
    return {
      additive: all(
        atMost('largest deviation from the sum, pre-activation', preError, 1e-5, ''),
        atLeast('the same with ReLU after the addition', postError, 1e-3, ''),
      ),
      grows: atLeast(
        'root mean square after the last block of the last stage, as a multiple of that after its first',
        sizes.map((list) => list.at(-1)! / list[list.length - Math.floor(list.length / 3)]!),
        1,
        '',
      ),
      'identity-keeps': all(
        atLeast('log10 of gradient at the first block over that at the last', identity!, -1, ''),
        atMost('the same', identity!, 1, ''),
      ),
      'scaled-down-vanishes': atMost('log10 of gradient at the first block over that at the last', half!, -2, ''),
      'scaled-up-explodes': atLeast(
        'the same, above that of the identity',
        more!.map((value, i) => value - identity![i]!),
        0.2,
        '',
      ),
    }
  },

  rows: ({ preError, postError, backward }) => [
    { what: 'deviation from the sum, pre-activation', values: preError, unit: '', digits: 8 },
    { what: 'deviation from the sum, ReLU after the addition', values: postError, unit: '', digits: 3 },
    ...backward.map((one) => ({
      what: `${one.name}: log10 of gradient, first block over last`,
      values: decades(one),
      unit: '',
      digits: 2,
    })),
  ],

  figures: ({ sizes, backward }) => [
    {
      kind: 'lines',
      title: 'Gradient by block in fresh nets',
      subtitle: 'norm of the gradient of each block’s first layer, relative to the last block; mean over seeds',
      x: { label: 'block', from: 1 },
      y: { label: 'norm', log: true },
      series: backward.map(({ name, tone, dash, norms }) => ({
        name,
        tone,
        dash,
        points: norms[0]!.map((_, i) => ({ x: i + 1, y: mean(norms.map((list) => list[i]! / list.at(-1)!)) })),
      })),
    },
    {
      kind: 'lines',
      title: 'Size of the outputs of blocks in the trained net',
      subtitle: 'root mean square; widths double and maps halve at a third and at two thirds',
      x: { label: 'block', from: 1 },
      y: { label: 'root mean square', from: 0 },
      series: [
        {
          name: 'pre-activation',
          tone: 'residual',
          points: sizes[0]!.map((_, i) =>
            pointOf(
              i + 1,
              sizes.map((list) => list[i]!),
            ),
          ),
        },
      ],
    },
  ],
})

/** Distance of x_L from x_l plus the branches between, in the worst stage, and the sizes of blocks' outputs. */
async function forward(bench: Workbench, { spec, seed, checkpoint }: Trained) {
  const blocks = placedBlocks(spec)
  const branchEnd = ({ path, spec: { branch, order } }: (typeof blocks)[number]): LayerPath =>
    order === 'pre' ? `${path}.conv${branch.length}` : `${path}.norm${branch.length}`
  const taps: LayerPath[] = [...blocks.map(({ path }) => path), ...blocks.map(branchEnd)]
  const found = await activationsOf(bench, await checkpoint(), testBatch(bench, seed, PICTURES), taps)
  const errors = spec.stages.map((_, stage) => {
    const [first, ...others] = blocks.filter((block) => block.stage === stage + 1)
    const sum = found[first!.path]!.slice()
    for (const block of others) {
      const branch = found[branchEnd(block)]!
      for (let i = 0; i < sum.length; i++) sum[i]! += branch[i]!
    }
    return largestError(found[others.at(-1)!.path]!, sum)
  })
  const sizes = blocks.map(({ path }) => lengthOf(found[path]!) / Math.sqrt(found[path]!.length))
  return { error: Math.max(...errors), sizes }
}

/** Scales the shortcut of every block that keeps sizes. */
export function scaled(spec: NetworkSpec, factor: number): NetworkSpec {
  const keeping = new Set<BlockPath>(keepingSize(spec))
  const change = (block: BlockSpec, path: BlockPath) =>
    keeping.has(path) ? { ...block, shortcutScale: factor } : block
  return {
    ...spec,
    name: `${spec.name}-times-${factor}`,
    stages: spec.stages.map(({ blocks }, s) => ({
      blocks: blocks.map((block, b) => change(block, `stage${s + 1}.block${b + 1}`)),
    })),
  }
}

async function allBackward(bench: Workbench): Promise<Backward[]> {
  const depth = apartDepth(bench)
  const net = cifarNet(bench, 'pre-activation', depth)
  const kinds: (Omit<Backward, 'norms'> & { readonly spec: NetworkSpec })[] = [
    { name: 'identity', tone: 'residual', spec: net },
    { name: 'times 0.5', tone: 'third', dash: 'dotted', spec: scaled(net, 0.5) },
    { name: 'times 0.9', tone: 'third', dash: 'dashed', spec: scaled(net, 0.9) },
    { name: 'times 1.1', tone: 'fourth', dash: 'dash-dot', spec: scaled(net, 1.1) },
    { name: 'plain', tone: 'plain', spec: cifarNet(bench, 'plain', depth) },
  ]
  const backward: Backward[] = []
  for (const { spec, ...kind } of kinds) {
    const norms = await eachSeed(bench, (seed) =>
      bench.once(`gradients ${spec.name} ${seed}`, () => freshGradients(bench, spec, seed)),
    )
    backward.push({ ...kind, norms })
  }
  return backward
}

/** Gradient norms of each block's first layer, before the first step. */
export async function freshGradients(bench: Workbench, spec: NetworkSpec, seed: number): Promise<number[]> {
  const { engine, signal } = bench
  const trainer = await bench.createTrainer(spec, bench.data(seed), { ...recipeFor(bench), seed }, { engine, signal })
  try {
    const norms = await trainer.gradientNorms()
    return placedBlocks(spec).map(({ path }) => norms.get(`${path}.conv1.weight`)!)
  } finally {
    await trainer.dispose()
  }
}

/** The post-activation net to compare with. */
function originalNet(bench: Workbench) {
  return { spec: cifarNet(bench, 'residual', 20), recipe: recipeFor(bench) }
}
