/** Measures how close residual and plain blocks are to the identity function. [He 2015, §3.1; lecture] */
import type { Tensor } from '../formats/trained-network.js'
import { placedBlocks } from '../spec/blocks.js'
import { cifarBasic } from '../spec/families.js'
import type { LayerPath } from '../spec/paths.js'
import { plainTwin } from '../spec/plain-twin.js'
import type { BlockSpec, NetworkSpec } from '../spec/spec.js'
import { type Point, pointOf } from './figure.js'
import { DECAYS, type Decayed, decayTrainings, trainDecayed } from './identity-decay.js'
import { learnIdentity } from './identity-learning.js'
import { activationsOf, batchActivationsOf, largestError, lengthOf, testBatch } from './look.js'
import { fitting, recipeFor } from './nets.js'
import { defineStudy } from './study.js'
import type { Weights } from './surgeon.js'
import { apartTrainings, trainApart } from './taken-apart.js'
import { all, always, atLeast, atMost, mean } from './verdict.js'
import { eachSeed, type Trained, type Workbench } from './workbench.js'

/** Relative size of the difference from the input, by factor of the weights. */
type ByFactor = readonly number[]

export interface Identity {
  /** For blocks whose branch is zero: whether output and input have the same bits, per seed. */
  readonly exact: {
    readonly post: readonly boolean[]
    readonly pre: readonly boolean[]
    readonly negativeChanged: readonly boolean[]
  }
  /** Results of nets without norms, trained with decay, per seed. */
  readonly decayed: readonly Decayed[]
  /** The limit of decay without norms: per seed a list by factor. Residual: distance from the input. Plain: size. */
  readonly residual: readonly ByFactor[]
  readonly plain: readonly ByFactor[]
  /** With norms: distance from the output at full weights, and from the input with scaled scales and shifts. */
  readonly normWeights: readonly ByFactor[]
  readonly normScales: readonly ByFactor[]
  /** Error of learning the identity, divided by the target's variance: per depth a list over seeds. */
  readonly learned: {
    readonly depths: readonly number[]
    readonly plain: readonly (readonly number[])[]
    readonly residual: readonly (readonly number[])[]
  }
  /** Per seed, the norm of each size-keeping block's branch divided by its shortcut's, in the trained net. */
  readonly nearness: readonly (readonly number[])[]
}

/** The factors of weights that decay leaves, from 1 to 0. */
const FACTORS = [1, 0.5, 0.2, 0.1, 0.01, 0]
const PICTURES = 8

export const identity = defineStudy({
  name: 'identity',
  title: 'Can a block do nothing?',
  about:
    'A layer that is not needed should pass its input on. A residual block does so when its branch is zero, which is ' +
    'where weight decay pulls it; a plain pair of layers has to learn it, and decay pulls it to zero instead. The ' +
    'study shows the exact cases, the path of decay (all weights times 1, 0.5, … 0), its effect on nets of 14 layers ' +
    'in training, how well stacks of layers learn the identity function from data, and how close to it the blocks of ' +
    'a trained net are.',
  shrunk: 'Single blocks and small stacks; the trained net has 56 layers and six epochs.',
  claims: {
    'zero-branch-post': {
      text: 'A post-activation block whose branch is zero returns its input to the bit if the input is not negative.',
      source: 'He 2015, §3.1',
      expected: 'equal',
    },
    'zero-branch-pre': {
      text: 'A pre-activation block whose branch is zero returns any input to the bit. In a post-activation block the ReLU after the addition removes negative values.',
      source: 'He 2016, §3',
      expected: 'equal; changed',
    },
    'decay-without-norm': {
      text: 'Without norms, decay takes a residual block to the identity and a plain pair of layers to zero.',
      source: 'lecture',
      expected: 'identity; dead',
    },
    'decay-in-training': {
      text: 'Under ever stronger decay without norms, the plain net fails first, and the branches of the residual net shrink relative to their shortcuts.',
      source: 'lecture; He 2015, §3.1',
      expected: 'the plain net dies',
    },
    'decay-with-norm': {
      text: 'With norms, decay of convolution weights alone changes nothing; decay of scale and shift takes the block to the identity.',
      source: 'lecture; Ioffe 2015, §3.3',
      expected: 'scale invariance',
    },
    'learning-it': {
      text: 'Deep stacks learn the identity function from data with shortcuts, and not without.',
      source: 'lecture; He 2015, §3.1',
      expected: 'hard for plain stacks',
    },
    'near-identity': {
      text: 'In a trained net most branches give smaller values than their shortcuts.',
      source: 'He 2015, §4.2 (small responses)',
      expected: 'small',
    },
  },

  trainings: (bench) => [...decayTrainings(bench), ...apartTrainings(bench)],

  async measure(bench): Promise<Identity> {
    const parts = await eachSeed(bench, (seed) => bench.once(`identity ${seed}`, () => blocksAlone(bench, seed)))
    const decayed = await eachSeed(bench, (seed) => trainDecayed(bench, seed))
    const learned = await eachSeed(bench, (seed) =>
      bench.once(`learning identity ${seed}`, () => learnIdentity(bench, seed)),
    )
    const nearness = await eachSeed(bench, async (seed) => {
      const trained = await trainApart(bench, seed)
      return bench.once(`nearness ${trained.spec.name} ${seed}`, () => branchSizes(bench, trained))
    })
    return {
      exact: {
        post: parts.map(({ exact }) => exact.post),
        pre: parts.map(({ exact }) => exact.pre),
        negativeChanged: parts.map(({ exact }) => exact.negativeChanged),
      },
      decayed,
      residual: parts.map(({ residual }) => residual),
      plain: parts.map(({ plain }) => plain),
      normWeights: parts.map(({ normWeights }) => normWeights),
      normScales: parts.map(({ normScales }) => normScales),
      learned: {
        depths: learned[0]!.depths,
        plain: learned.map(({ plain }) => plain),
        residual: learned.map(({ residual }) => residual),
      },
      nearness,
    }
  },

  judge({ exact, decayed, residual, plain, normWeights, normScales, learned, nearness }) {
    const last = (lists: readonly ByFactor[]) => lists.map((list) => list.at(-2)!) // a hundredth: not yet the exact case
    return {
      'zero-branch-post': always('output and input have the same bits', exact.post),
      'zero-branch-pre': always('pre-activation: the same bits; post-activation: not, for inputs of any sign', [
        ...exact.pre,
        ...exact.negativeChanged,
      ]),
      'decay-without-norm': all(
        atMost('residual block at a hundredth of its weights: distance from the input', last(residual), 0.01, ''),
        atMost(
          'plain pair at a hundredth of its weights: size of the output over that of the input',
          last(plain),
          0.01,
          '',
        ),
      ),
      'decay-in-training': all(
        atMost(
          `decay of ${DECAYS[2]}: length of what the plain net’s last layers give, as a part of that without decay`,
          decayed.map(({ outputs }) => outputs[2]!),
          0.2,
          '',
        ),
        atLeast(
          'test error of the plain net above that of the residual one there',
          decayed.map(({ errors }) => errors.plain[2]! - errors.residual[2]!),
          10,
          'points',
        ),
        atMost(
          `decay of ${DECAYS.at(-1)}: branches over shortcuts, as a part of that without decay`,
          decayed.map(({ branches }) => branches.at(-1)! / branches[0]!),
          0.5,
          '',
        ),
      ),
      'decay-with-norm': all(
        atMost(
          'half of the convolution weights: change of the output',
          normWeights.map((list) => list[1]!),
          0.01,
          '',
        ),
        atMost('a hundredth of scale and shift: distance from the input', last(normScales), 0.1, ''),
      ),
      'learning-it': atLeast(
        `error of the plain stack of ${learned.depths.at(-1)} layers above that of the residual one, as a part of the variance`,
        learned.plain.map((list, seed) => list.at(-1)! - learned.residual[seed]!.at(-1)!),
        0.1,
        '',
      ),
      'near-identity': atLeast(
        'branches that are smaller than their shortcuts',
        nearness.map((list) => (100 * list.filter((ratio) => ratio < 1).length) / list.length),
        80,
        '%',
      ),
    }
  },

  rows: ({ decayed, learned, nearness }) => [
    ...DECAYS.flatMap((strength, i) => [
      {
        what: `plain net without norms, decay ${strength}: test error`,
        values: decayed.map(({ errors }) => errors.plain[i]!),
        unit: '%',
      },
      { what: 'residual net', values: decayed.map(({ errors }) => errors.residual[i]!), unit: '%' },
      {
        what: 'its branches over their shortcuts, mean',
        values: decayed.map(({ branches }) => branches[i]!),
        unit: '',
        digits: 2,
      },
    ]),
    ...learned.depths.flatMap((depth, i) => [
      {
        what: `identity learned by ${depth} plain layers: error over variance`,
        values: learned.plain.map((list) => list[i]!),
        unit: '',
        digits: 4,
      },
      {
        what: `by ${depth} layers with shortcuts`,
        values: learned.residual.map((list) => list[i]!),
        unit: '',
        digits: 4,
      },
    ]),
    { what: 'branch over shortcut in the trained net, mean', values: nearness.map(mean), unit: '', digits: 2 },
  ],

  figures: ({ residual, plain, learned, nearness }) => [
    {
      kind: 'lines',
      title: 'The effect of decay without norms',
      subtitle: 'size of the output (plain) and its distance from the input (residual), as parts of the input',
      x: { label: 'weights, as a part of the initial ones', from: 0 },
      y: { label: 'part', from: 0 },
      series: [
        { name: 'plain: size', tone: 'plain', dash: 'dashed', points: byFactor(plain) },
        { name: 'residual: distance', tone: 'residual', points: byFactor(residual) },
      ],
    },
    {
      kind: 'lines',
      title: 'Learning the identity function',
      subtitle: 'error at the end as a part of the variance; 1 is no better than a constant',
      x: { label: 'layers' },
      y: { label: 'error', log: true },
      series: [
        {
          name: 'plain',
          tone: 'plain',
          dash: 'dashed',
          points: learned.depths.map((x, i) =>
            pointOf(
              x,
              learned.plain.map((list) => list[i]!),
            ),
          ),
        },
        {
          name: 'residual',
          tone: 'residual',
          points: learned.depths.map((x, i) =>
            pointOf(
              x,
              learned.residual.map((list) => list[i]!),
            ),
          ),
        },
      ],
    },
    {
      kind: 'lines',
      title: 'Branch over shortcut in a trained net',
      subtitle: 'by block that keeps sizes; mean over seeds',
      x: { label: 'block', from: 1 },
      y: { label: 'ratio', from: 0 },
      series: [
        {
          name: 'trained',
          tone: 'residual',
          points: nearness[0]!.map((_, i) =>
            pointOf(
              i + 1,
              nearness.map((list) => list[i]!),
            ),
          ),
        },
      ],
      levels: [{ y: 1, name: 'equal' }],
    },
  ],
})

function byFactor(lists: readonly ByFactor[]): Point[] {
  return FACTORS.map((factor, i) =>
    pointOf(
      factor,
      lists.map((list) => list[i]!),
    ),
  ).toReversed()
}

/** A net whose first stage is one block on a signed stem, in either order, with or without norms. */
function oneBlock(bench: Workbench, kind: 'post' | 'pre', norm: boolean, signedStem: boolean): NetworkSpec {
  const template = cifarBasic({ depth: 8, ...fitting(bench), order: kind })
  const { activateBeforeSplit: _, ...block } = template.stages[0]!.blocks[0]!
  const changed: BlockSpec = norm ? block : { ...block, norm: false }
  const [conv] = template.stem
  return {
    ...template,
    name: `one-block-${kind}-${norm ? 'norm' : 'bare'}-${signedStem ? 'signed' : 'relu'}`,
    stem: signedStem ? [conv!] : [conv!, { kind: 'relu' }],
    stages: [{ blocks: [changed] }],
  }
}

async function blocksAlone(bench: Workbench, seed: number) {
  const batch = testBatch(bench, seed, PICTURES)
  const through = async (spec: NetworkSpec, factors: readonly number[], scaled: RegExp, look = activationsOf) => {
    const { engine, signal } = bench
    const trainer = await bench.createTrainer(spec, bench.data(seed), { ...recipeFor(bench), seed }, { engine, signal })
    const fresh = await trainer.checkpoint().finally(() => trainer.dispose())
    const results: { input: Float32Array; output: Float32Array }[] = []
    for (const factor of factors) {
      const network = { ...fresh, weights: times(fresh.weights, scaled, factor) }
      const found = await look(bench, network, batch, ['stem', 'stage1.block1'])
      results.push({ input: found.stem, output: found['stage1.block1'] })
    }
    return results
  }
  const weights = /^stage1\.block1\.conv/
  const scales = /^stage1\.block1\.norm\d\.(scale|shift)$/
  const same = ({ input, output }: { input: Float32Array; output: Float32Array }) =>
    output.every((value, i) => value === input[i]!)
  const distance = ({ input, output }: { input: Float32Array; output: Float32Array }) =>
    lengthOf(output.map((value, i) => value - input[i]!)) / lengthOf(input)
  const [post] = await through(oneBlock(bench, 'post', true, false), [0], scales)
  const [signed] = await through(oneBlock(bench, 'post', true, true), [0], scales)
  const [pre] = await through(oneBlock(bench, 'pre', true, true), [0], weights)
  const bare = oneBlock(bench, 'post', false, false)
  const residual = await through(bare, FACTORS, weights)
  const plain = await through(plainTwin(bare), FACTORS, weights)
  const normed = oneBlock(bench, 'post', true, false)
  const normWeights = await through(normed, FACTORS, weights, batchActivationsOf)
  const normScales = await through(normed, FACTORS, scales, batchActivationsOf)
  return {
    exact: { post: same(post!), pre: same(pre!), negativeChanged: !same(signed!) },
    residual: residual.map(distance),
    plain: plain.map(({ input, output }) => lengthOf(output) / lengthOf(input)),
    normWeights: normWeights.map(({ output }) => largestError(normWeights[0]!.output, output)),
    normScales: normScales.map(distance),
  }
}

/** The weights, with those whose names match multiplied by a factor. */
function times(weights: Weights, which: RegExp, factor: number): Map<string, Tensor> {
  return new Map(
    [...weights].map(([name, { shape, data }]) => [
      name,
      { shape, data: which.test(name) ? data.map((value) => factor * value) : data },
    ]),
  )
}

/**
 * Norm of the branch divided by that of the input, for each block that keeps sizes and splits before its first norm.
 */
async function branchSizes(bench: Workbench, { spec, seed, checkpoint }: Trained): Promise<number[]> {
  const blocks = placedBlocks(spec)
  const inner = blocks
    .map((block, i) => ({ block, input: blocks[i - 1]?.path }))
    .filter(({ block, input }) => input && !block.changesSize)
  const taps = inner.flatMap(({ block, input }): LayerPath[] => [
    input!,
    `${block.path}.conv${block.spec.branch.length}`,
  ])
  const found = await activationsOf(bench, await checkpoint(), testBatch(bench, seed, PICTURES), [...new Set(taps)])
  return inner.map(
    ({ block, input }) => lengthOf(found[`${block.path}.conv${block.spec.branch.length}`]!) / lengthOf(found[input!]!),
  )
}
