/**
 * The net for lesions, as in Veit 2016: a pre-activation net, shared by the studies lesion, reorder, paths and
 * propagation.
 */
import { vggLike } from '../spec/other-families.js'
import type { NetworkSpec } from '../spec/spec.js'
import type { RecipeOptions } from '../tasks/recipe.js'
import { careful, cifarNet, fitting } from './nets.js'
import { at, type Trained, type Training, type Workbench, withSeeds } from './workbench.js'

/** Its number of layers: 54 blocks in the paper, half as many at `quick`. */
export function apartDepth(bench: Workbench): number {
  return bench.depths?.at(-1) ?? at(bench, { quick: 56, paper: 110 })
}

/** The trainings of the net with all seeds. */
export function apartTrainings(bench: Workbench, recipe: RecipeOptions = {}): readonly Training[] {
  const depth = apartDepth(bench)
  const spec = cifarNet(bench, 'pre-activation', depth)
  return withSeeds(bench, [{ spec, recipe: careful(bench, depth, recipe, QUICK_EPOCHS) }])
}

/** Trains the net with a seed; with changes of its recipe, a twin. */
export function trainApart(bench: Workbench, seed: number, recipe: RecipeOptions = {}): Promise<Trained> {
  const depth = apartDepth(bench)
  return bench.train(cifarNet(bench, 'pre-activation', depth), careful(bench, depth, recipe, QUICK_EPOCHS), seed)
}

/** The VGG-like net to compare with. Its layers are equal, so that any can be removed; it is narrower at `quick`. */
export function vggNet(bench: Workbench): NetworkSpec {
  const width = at(bench, { quick: 32, paper: 128 })
  const { stem, stages, ...spec } = vggLike(fitting(bench))
  return {
    ...spec,
    stem: stem.map((layer) => (layer.kind === 'conv' ? { ...layer, width } : layer)),
    stages: stages.map(({ blocks }) => ({
      blocks: blocks.map((block) => ({ ...block, branch: block.branch.map((layer) => ({ ...layer, width })) })),
    })),
  }
}

/** The trainings of the VGG-like net with all seeds. */
export function vggTrainings(bench: Workbench): readonly Training[] {
  return withSeeds(bench, [{ spec: vggNet(bench), recipe: careful(bench, 15, {}, QUICK_EPOCHS) }])
}

/** The trained VGG-like net of a seed. */
export function trainVggLike(bench: Workbench, seed: number): Promise<Trained> {
  return bench.train(vggNet(bench), careful(bench, 15, {}, QUICK_EPOCHS), seed)
}

/** Enough epochs for the net to learn something before lesions. */
const QUICK_EPOCHS = 6
