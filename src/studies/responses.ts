/** Response strength of the layers of trained nets: residual nets respond less than plain ones. [He 2015, figure 7] */
import { placedBlocks } from '../spec/blocks.js'
import type { LayerPath } from '../spec/paths.js'
import type { NetworkSpec } from '../spec/spec.js'
import { depthTrainings, difference, trainDepth } from './depths.js'
import { activationsOf, deviationOf, testBatch } from './look.js'
import { defineStudy } from './study.js'
import { atLeast, mean } from './verdict.js'
import { at, eachSeed, type Trained, type Workbench } from './workbench.js'

interface Net {
  readonly name: string
  readonly kind: 'plain' | 'residual'
  readonly depth: number
  /** Per seed, the standard deviation of each layer's response, in order. */
  readonly deviations: readonly (readonly number[])[]
}

export interface Responses {
  readonly nets: readonly Net[]
}

const PICTURES = 64

/** The mean response of a net, per seed. */
const means = ({ deviations }: Net) => deviations.map(mean)

/** Every depth is trained without shortcuts and with them. */
const kinds = ['plain', 'residual'] as const

export const responses = defineStudy({
  name: 'responses',
  title: 'Are the responses of residual branches smaller?',
  about:
    'If residual branches are small corrections of the shortcut’s signal, the responses of their layers should be ' +
    'smaller than in plain nets. In deeper nets, where each branch has less to correct, they should be smaller still. The study ' +
    'measures the standard deviation of each 3x3 layer’s output after its norm and before ReLU and addition. A ' +
    'norm’s output has about the deviation of its learned scale, so this is largely a picture of the scales.',
  shrunk: 'Up to 56 layers; trained for four epochs, which leaves the scales near the 1 that they start from.',
  claims: {
    'smaller-than-plain': {
      text: 'The layers of a residual net have smaller responses than the layers of its plain twin.',
      source: 'He 2015, figure 7',
      expected: 'residual below plain',
    },
    'smaller-with-depth': {
      text: 'The layers of a deeper residual net have smaller responses than the layers of a shallower one.',
      source: 'He 2015, figure 7',
      expected: 'ResNet-20 > 56 > 110',
    },
  },

  trainings: (bench) => kinds.flatMap((kind) => depthTrainings(bench, kind, depthsOf(bench, kind))),

  async measure(bench): Promise<Responses> {
    const nets: Net[] = []
    for (const kind of kinds)
      for (const depth of depthsOf(bench, kind)) {
        const deviations = await eachSeed(bench, async (seed) => {
          const trained = await trainDepth(bench, kind, depth, seed)
          return bench.once(`responses ${trained.spec.name} ${seed}`, () => deviationsOf(bench, trained))
        })
        nets.push({ name: `${kind === 'plain' ? 'plain' : 'ResNet'}-${depth}`, kind, depth, deviations })
      }
    return { nets }
  },

  judge({ nets }) {
    const of = (kind: Net['kind']) => nets.filter((net) => net.kind === kind)
    const [plain, residual] = [of('plain').at(-1)!, of('residual')]
    const twin = residual.find(({ depth }) => depth === plain.depth)!
    const [shallow, deep] = [residual[0]!, residual.at(-1)!]
    return {
      'smaller-than-plain': atLeast(
        `mean response of ${plain.name} above that of ${twin.name}`,
        difference(means(plain), means(twin)),
        0.02,
        '',
      ),
      'smaller-with-depth': atLeast(
        `mean response of ${shallow.name} above that of ${deep.name}`,
        difference(means(shallow), means(deep)),
        0.02,
        '',
      ),
    }
  },

  rows: ({ nets }) =>
    nets.map((net) => ({ what: `${net.name}, mean of all layers`, values: means(net), unit: '', digits: 3 })),

  figures: ({ nets }) =>
    (['in order', 'sorted'] as const).map((order) => ({
      kind: 'lines' as const,
      title:
        order === 'sorted' ? 'The same, from the largest to the smallest' : 'Standard deviation of responses by layer',
      subtitle: 'mean over seeds',
      x: { label: order === 'sorted' ? 'rank' : 'layer', from: 1 },
      y: { label: 'standard deviation', from: 0 },
      series: nets.map(({ name, kind, depth, deviations }) => {
        const layers = deviations[0]!.map((_, i) => mean(deviations.map((list) => list[i]!)))
        const shown = order === 'sorted' ? layers.toSorted((a, b) => b - a) : layers
        return {
          name,
          tone: kind,
          dash: depth === nets[0]!.depth ? ('dashed' as const) : ('solid' as const),
          points: shown.map((y, i) => ({ x: i + 1, y })),
        }
      }),
    })),
})

async function deviationsOf(bench: Workbench, { spec, seed, checkpoint }: Trained): Promise<number[]> {
  const paths = layersOf(spec)
  const found = await activationsOf(bench, await checkpoint(), testBatch(bench, seed, PICTURES), paths)
  return paths.map((path) => deviationOf(found[path]!))
}

/** The norms after the 3x3 layers: of the stem, then of all branches. */
export function layersOf(spec: NetworkSpec): LayerPath[] {
  const branches = placedBlocks(spec).flatMap(({ path, spec: block }) =>
    block.branch.map((_, index): LayerPath => `${path}.norm${index + 1}`),
  )
  return ['stem.norm', ...branches]
}

/** The plain net of 110 layers is left out, because it does not train. */
function depthsOf(bench: Workbench, kind: 'plain' | 'residual'): readonly number[] {
  const depths = bench.depths ?? at(bench, { quick: [20, 56], paper: [20, 56, 110] })
  return kind === 'plain' ? depths.filter((layers) => layers < 110) : depths
}
