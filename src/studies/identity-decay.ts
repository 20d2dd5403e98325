/** Weight decay in the training of nets without norms. [lecture; He 2015, §3.1] */
import { placedBlocks } from '../spec/blocks.js'
import type { LayerPath } from '../spec/paths.js'
import { bare } from './decay.js'
import { activationsOf, lengthOf, testBatch } from './look.js'
import { bareRecipe, cifarNet } from './nets.js'
import { mean } from './verdict.js'
import { finalErrors, type Training, type Workbench, withSeeds } from './workbench.js'

/** Results of the nets of a seed, by strength of decay. */
export interface Decayed {
  /** Norm of the branch divided by that of the shortcut, mean over the residual net's blocks that keep sizes. */
  readonly branches: readonly number[]
  /** Norm of the plain net's last outputs, divided by that of the net without decay. */
  readonly outputs: readonly number[]
  /** Test errors in percent. */
  readonly errors: { readonly plain: readonly number[]; readonly residual: readonly number[] }
}

/** From no decay to a strength that no such net survives. */
export const DECAYS = [0, 1e-3, 3e-3, 1e-2] as const
const DEPTH = 14
const PICTURES = 8

const netsOf = (bench: Workbench) => ({
  plain: bare(cifarNet(bench, 'plain', DEPTH)),
  residual: bare(cifarNet(bench, 'residual', DEPTH)),
})

/** The trainings of both nets with every strength and all seeds. */
export function decayTrainings(bench: Workbench): readonly Training[] {
  const nets = Object.values(netsOf(bench))
  return withSeeds(
    bench,
    DECAYS.flatMap((weightDecay) => nets.map((spec) => ({ spec, recipe: bareRecipe(bench, { weightDecay }) }))),
  )
}

export async function trainDecayed(bench: Workbench, seed: number): Promise<Decayed> {
  const { plain, residual } = netsOf(bench)
  const inner = placedBlocks(residual)
    .map(({ path, changesSize }, i) => ({ path, changesSize, input: placedBlocks(residual)[i - 1]?.path ?? 'stem' }))
    .filter(({ changesSize }) => !changesSize)
  const last = placedBlocks(plain).at(-1)!.path
  const branches: number[] = []
  const outputs: number[] = []
  const errors = { plain: [] as number[], residual: [] as number[] }
  for (const weightDecay of DECAYS) {
    const look = async (kind: 'plain' | 'residual', paths: readonly LayerPath[]) => {
      const trained = await bench.train(kind === 'plain' ? plain : residual, bareRecipe(bench, { weightDecay }), seed)
      errors[kind].push(finalErrors(trained).test)
      return activationsOf(bench, await trained.checkpoint(), testBatch(bench, seed, PICTURES), paths)
    }
    outputs.push(lengthOf((await look('plain', [last]))[last]!))
    const found = await look(
      'residual',
      inner.flatMap(({ path, input }): LayerPath[] => [input as LayerPath, `${path}.conv2`]),
    )
    branches.push(
      mean(inner.map(({ path, input }) => lengthOf(found[`${path}.conv2`]!) / lengthOf(found[input as LayerPath]!))),
    )
  }
  return { branches, outputs: outputs.map((length) => length / outputs[0]!), errors }
}
