/** Blocks of a trained residual net can be taken out one by one; layers of a plain net cannot. [Veit 2016, §4.1, §4.2] */
import { withSilentBranches } from '../api/network/arrange.js'
import { withoutBlock } from '../api/network/surgery.js'
import { placedBlocks } from '../spec/blocks.js'
import type { BlockPath } from '../spec/paths.js'
import { Random } from '../util/random.js'
import { pointOf } from './figure.js'
import { defineStudy } from './study.js'
import { judging, keepingSize, someOf } from './surgeon.js'
import { apartTrainings, trainApart, trainVggLike, vggTrainings } from './taken-apart.js'
import { all, atLeast, atMost, mean } from './verdict.js'
import { at, eachSeed, type Trained, type Workbench } from './workbench.js'

/** Errors in percent. */
interface Lesions {
  readonly whole: number
  /** Errors with one block or layer removed, in order. */
  readonly single: readonly number[]
}

export interface Lesion {
  /** Whether each block changes sizes. */
  readonly changes: readonly boolean[]
  /** One per seed. */
  readonly residual: readonly Lesions[]
  readonly vgg: readonly Lesions[]
  /** Errors with several blocks removed at random: means over choices, one per seed. */
  readonly several: readonly { readonly count: number; readonly errors: readonly number[] }[]
}

/** Number of pictures that a lesion is tested on. */
const PICTURES = { quick: 500, paper: 2000 } as const
const CHOICES = { quick: 4, paper: 20 } as const

export const lesion = defineStudy({
  name: 'lesion',
  title: 'What happens when a block is taken out?',
  about:
    'A plain net is a chain: each layer needs the one before it. If a residual net is a bundle of many short paths ' +
    'side by side, removing one block removes half of the paths and leaves the other half whole. Blocks of trained ' +
    'nets are silenced (their shortcut stays), one at a time and several at random, and layers are removed from a ' +
    'plain net that is built like VGG. Nothing is trained after the operation.',
  shrunk:
    'A pre-activation net of 56 layers (27 blocks, not 54), trained for six epochs; a VGG-like net of width 32, not 128.',
  claims: {
    'residual-survives': {
      text: 'Removing one block that keeps sizes hardly raises the error of a residual net.',
      source: 'Veit 2016, figure 3',
      expected: 'no noticeable change, except at blocks that change sizes',
    },
    'plain-dies': {
      text: 'A plain net that loses any one layer only guesses.',
      source: 'Veit 2016, figure 3',
      expected: 'about 90 % error',
    },
    'size-changes-hurt': {
      text: 'Removing a block that changes sizes raises the error more than removing another block.',
      source: 'Veit 2016, figure 3',
      expected: 'modest peaks at the two blocks',
    },
    smooth: {
      text: 'With more blocks removed at random the error rises gradually, without a jump.',
      source: 'Veit 2016, figure 5 (a)',
      expected: 'smooth; about 20 % error with 10 of 54 removed',
    },
  },

  trainings: (bench) => [...apartTrainings(bench), ...vggTrainings(bench)],

  async measure(bench): Promise<Lesion> {
    const nets = await eachSeed(bench, async (seed) => ({
      residual: await trainApart(bench, seed),
      vgg: await trainVggLike(bench, seed),
    }))
    const blocks = placedBlocks(nets[0]!.residual.spec)
    const parts = await eachSeed(bench, (seed) => {
      const { residual, vgg } = nets[bench.seeds.indexOf(seed)]!
      return bench.once(`lesion ${residual.spec.name} ${vgg.spec.name} ${seed}`, () => operate(bench, residual, vgg))
    })
    return {
      changes: blocks.map(({ changesSize }) => changesSize),
      residual: parts.map((part) => part.residual),
      vgg: parts.map((part) => part.vgg),
      several: parts[0]!.several.map(({ count }, i) => ({
        count,
        errors: parts.map((part) => part.several[i]!.error),
      })),
    }
  },

  judge({ changes, residual, vgg, several }) {
    const rises = residual.map(({ whole, single }) => single.map((error) => error - whole))
    const meanRise = (changing: boolean) => rises.map((rise) => mean(rise.filter((_, i) => changes[i] === changing)))
    const missed = meanRise(true).map((rise, i) => rise - meanRise(false)[i]!)
    const steps = several.map(({ errors }, i) =>
      errors.map((error, seed) => error - (i === 0 ? residual[seed]!.whole : several[i - 1]!.errors[seed]!)),
    )
    const total = several.at(-1)!.errors.map((error, seed) => error - residual[seed]!.whole)
    const steepest = total.map((rise, seed) => (100 * Math.max(...steps.map((step) => step[seed]!))) / rise)
    return {
      'residual-survives': atMost('mean rise of the error, one block out', meanRise(false), 5, 'points'),
      'plain-dies': atLeast(
        'error of the VGG-like net, one layer out, mean',
        vgg.map(({ single }) => mean(single)),
        75,
        '%',
      ),
      'size-changes-hurt': atLeast('mean rise at blocks that change sizes above that at others', missed, 2, 'points'),
      smooth: all(
        atLeast('rise of the error with the most blocks out', total, 20, 'points'),
        atMost('largest part of that rise between two neighbouring counts', steepest, 50, '%'),
      ),
    }
  },

  rows: ({ residual, vgg, several }) => [
    {
      what: 'residual net, whole: error',
      published: 6.5,
      approximate: true,
      values: residual.map(({ whole }) => whole),
      unit: '%',
    },
    { what: 'one block out, mean', values: residual.map(({ single }) => mean(single)), unit: '%' },
    { what: 'one block out, worst', values: residual.map(({ single }) => Math.max(...single)), unit: '%' },
    { what: 'VGG-like net, whole', values: vgg.map(({ whole }) => whole), unit: '%' },
    {
      what: 'one layer out, mean',
      published: 90,
      approximate: true,
      values: vgg.map(({ single }) => mean(single)),
      unit: '%',
    },
    ...several.map(({ count, errors }) => ({
      what: `${count} ${count === 1 ? 'block' : 'blocks'} out at random`,
      values: errors,
      unit: '%',
    })),
  ],

  figures: ({ residual, vgg, several }) => [
    {
      kind: 'lines',
      title: 'Error without one block or layer',
      subtitle: 'by its place; mean over seeds',
      x: { label: 'block or layer', from: 1 },
      y: { label: 'error', unit: '%', from: 0, to: 100 },
      series: [
        { name: 'VGG-like', tone: 'plain', points: byPlace(vgg) },
        { name: 'residual', tone: 'residual', points: byPlace(residual) },
      ],
      levels: [{ y: 90, name: 'guessing' }],
    },
    {
      kind: 'lines',
      title: 'Error without several random blocks',
      subtitle: 'mean over choices and seeds',
      x: { label: 'removed blocks', from: 0 },
      y: { label: 'error', unit: '%', from: 0, to: 100 },
      series: [
        {
          name: 'residual',
          tone: 'residual',
          points: [
            pointOf(
              0,
              residual.map(({ whole }) => whole),
            ),
            ...several.map(({ count, errors }) => pointOf(count, errors)),
          ],
        },
      ],
    },
  ],
})

function byPlace(nets: readonly Lesions[]) {
  return nets[0]!.single.map((_, i) =>
    pointOf(
      i + 1,
      nets.map(({ single }) => single[i]!),
    ),
  )
}

/** Applies all lesions to the nets of one seed. */
async function operate(bench: Workbench, residual: Trained, vgg: Trained) {
  const { spec, seed } = residual
  const { weights } = await residual.checkpoint()
  const pictures = at(bench, PICTURES)
  const operated = await judging(bench, spec, seed, pictures, async (errorOf) => {
    const out = (gone: readonly BlockPath[]) => errorOf(withSilentBranches(spec, weights, new Set(gone)))
    const single: number[] = []
    for (const { path } of placedBlocks(spec)) single.push(await out([path]))
    const several: { count: number; error: number }[] = []
    const removable = keepingSize(spec)
    for (const count of counts(removable.length)) {
      const errors: number[] = []
      for (let choice = 0; choice < at(bench, CHOICES); choice++)
        errors.push(await out(someOf(removable, count, new Random(seed, count, choice))))
      several.push({ count, error: mean(errors) })
    }
    return { residual: { whole: await errorOf(weights), single }, several }
  })
  return { ...operated, vgg: await operatePlain(bench, vgg, pictures) }
}

/** Growing numbers of blocks, up to two thirds of them. */
function counts(blocks: number): number[] {
  return [1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 26, 32].filter((count) => count <= (2 * blocks) / 3)
}

/** A layer of a plain net has no shortcut to fall back on, so the next layer reads the removed layer's input. */
async function operatePlain(bench: Workbench, { spec, seed, checkpoint }: Trained, pictures: number): Promise<Lesions> {
  const network = await checkpoint()
  const whole = await judging(bench, spec, seed, pictures, (errorOf) => errorOf(network.weights))
  const single: number[] = []
  for (const path of keepingSize(spec)) {
    const rest = withoutBlock(network, path)
    single.push(await judging(bench, rest.spec, seed, pictures, (errorOf) => errorOf(rest.weights)))
  }
  return { whole, single }
}
