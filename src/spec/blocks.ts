/**
 * Lists the parts of a network in order, each with its path and its widths. Code that walks over a spec starts here.
 */
import { type SpecHeads, specHeadOf, specHeads } from './heads/index.js'
import { givenLayers } from './own-layers.js'
import { type BlockPath, blockPath } from './paths.js'
import type { BlockSpec, ConvLayer, NetworkSpec, StemLayer } from './spec.js'

/** A block with what follows from where it stands. */
export interface PlacedBlock {
  readonly path: BlockPath
  /** Number of the stage, from 1. */
  readonly stage: number
  readonly spec: BlockSpec
  /** Channels of the input. */
  readonly inputWidth: number
  /** Channels of the output. */
  readonly width: number
  /** Whether channels, height or width differ between input and output, so that an identity does not fit. */
  readonly changesSize: boolean
}

/** Number of channels after the stem. */
export function stemWidth(spec: NetworkSpec): number {
  return spec.stem.reduce((width, layer) => (layer.kind === 'conv' ? layer.width : width), spec.input.channels)
}

/** Number of channels after a branch. */
export function branchWidth(block: BlockSpec): number {
  return block.branch.at(-1)!.width
}

/** All blocks in order, with the facts that follow from their places. */
export function placedBlocks(spec: NetworkSpec): PlacedBlock[] {
  let inputWidth = stemWidth(spec)
  return spec.stages.flatMap(({ blocks }, stage) =>
    blocks.map((block, index) => {
      const width = branchWidth(block)
      const placed: PlacedBlock = {
        path: blockPath(stage + 1, index + 1),
        stage: stage + 1,
        spec: block,
        inputWidth,
        width,
        changesSize: block.stride !== 1 || width !== inputWidth,
      }
      inputWidth = width
      return placed
    }),
  )
}

/** Whether the block passes its input on beside the branch. */
export function passesInput({ shortcut }: BlockSpec): boolean {
  return shortcut !== 'none' && shortcut !== 'noise'
}

/** Whether the block's shortcut is a 1x1 convolution. */
export function projects({ spec, changesSize }: PlacedBlock): boolean {
  return spec.shortcut === 'project-always' || (spec.shortcut === 'project-on-change' && changesSize)
}

/** Whether a norm follows the block's projection: only if norms follow convolutions and come before the addition. */
export function normalisesProjection({ order, norm = true }: BlockSpec): boolean {
  return norm && order !== 'pre' && order !== 'norm-after-add'
}

/** The padding of a convolution, stated or by default. */
export function paddingOf({ kernel, padding, dilation = 1 }: ConvLayer): number {
  return padding ?? dilation * (kernel >> 1)
}

/** The paths of a stem's layers, numbered if several have the same kind: `stem.conv`, or `stem.conv1`, `stem.conv2`. */
export function stemPaths(stem: readonly Pick<StemLayer, 'kind'>[]): string[] {
  const words = stem.map(({ kind }) => (kind === 'maxPool' || kind === 'averagePool' ? 'pool' : kind))
  const totals = new Map<string, number>()
  const numbers = words.map((word) => {
    const number = (totals.get(word) ?? 0) + 1
    totals.set(word, number)
    return number
  })
  return words.map((word, index) => `stem.${word}${totals.get(word)! > 1 ? numbers[index] : ''}`)
}

/** Number of weighted layers on the main path: the convolutions of stem and branches, and the layers of the head. */
export function depthOf(spec: NetworkSpec, heads: SpecHeads = specHeads): number {
  const stem = spec.stem.filter(({ kind }) => kind === 'conv').length
  const head = specHeadOf(spec.head, heads)
  const layers = spec.stages.flatMap(({ blocks }) => blocks.flatMap(({ branch }) => branch))
  return layers.reduce(
    (sum, { after }) => sum + 1 + (after ? givenLayers(head.layers, spec.name).depth(after) : 0),
    stem + head.depth(spec.head),
  )
}
