/** The net that is taken apart: a pre-activation net as Veit 2016 had it, shared by lesion, reorder, paths, propagation. */
import type { NetworkSpec } from '../spec/spec.js'
import { careful, cifarNet } from './nets.js'
import { at, type Trained, type Workbench } from './workbench.js'

/** Layers of it: 54 blocks in the paper, half as many at `quick`. */
export function apartDepth(bench: Workbench): number {
  return bench.depths?.at(-1) ?? at(bench, { quick: 56, paper: 110 })
}

/** The trained net of a seed. */
export function trainApart(bench: Workbench, seed: number): Promise<Trained> {
  const depth = apartDepth(bench)
  return bench.train(cifarNet(bench, 'pre-activation', depth), careful(bench, depth, {}, QUICK_EPOCHS), seed)
}

/** A net like VGG beside it: plain, 15 layers of equal width, so that most can be taken out. */
export function vggLike(bench: Workbench): NetworkSpec {
  const width = at(bench, { quick: 32, paper: 128 })
  const template = cifarNet(bench, 'plain', 8, { widths: [width, width, width] })
  const layer = (stride: number) => ({
    ...template.stages[0]!.blocks[0]!,
    branch: [{ kind: 'conv', width, kernel: 3 } as const],
    stride,
  })
  const stage = (first: number, count: number) => ({
    blocks: Array.from({ length: count }, (_, index) => layer(index === 0 ? first : 1)),
  })
  return { ...template, name: 'vgg-like15', stages: [stage(1, 4), stage(2, 4), stage(2, 5)] }
}

/** The trained VGG-like net of a seed. */
export function trainVggLike(bench: Workbench, seed: number): Promise<Trained> {
  return bench.train(vggLike(bench), careful(bench, 15, {}, QUICK_EPOCHS), seed)
}

/** What is taken apart should have learned something first. */
const QUICK_EPOCHS = 6
