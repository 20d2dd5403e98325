/**
 * The families of the papers as functions from a depth to a spec: the CIFAR nets of basic blocks (6n+2 layers) and of
 * bottlenecks (9n+2), and the ImageNet nets of both. [He 2015, §3.4, §4.2; He 2016, appendix]
 */
import { ConfigError } from '../util/errors.js'
import { placedBlocks, projects } from './blocks.js'
import { blockPath } from './paths.js'
import type { ConvLayer, InputSpec, NetworkSpec, Order, Shortcut, StageSpec, StemLayer } from './spec.js'

/** What all families can be asked for. */
export interface FamilyOptions {
  /** Default: `plain`, `resnet` or `preresnet` and the depth. */
  readonly name?: string
  /** Default 10 for CIFAR nets, 1000 for ImageNet nets. */
  readonly classes?: number
  /** Default 3x32x32 for CIFAR nets, 3x224x224 for ImageNet nets. */
  readonly input?: InputSpec
  /** Default `post`. */
  readonly order?: Order
  readonly shortcut?: Shortcut
}

/** Of CIFAR nets. */
export interface CifarOptions extends FamilyOptions {
  /** Weighted layers on the main path: 6n+2 or 9n+2. */
  readonly depth: number
  /** Widths of the three stages (of the 3x3 layers in a bottleneck); the stem has the first. Default 16, 32, 64. */
  readonly widths?: readonly [number, number, number]
}

/** Of ImageNet nets. */
export interface ImagenetOptions extends FamilyOptions {
  readonly depth: number
  /**
   * Bottlenecks: the layer of the branch that takes the stride. 1, the 3x3 (v1.5, the default, as torchvision and most
   * pretrained weights), or 0, the first 1x1 (the paper).
   */
  readonly strideIn?: 0 | 1
  /** Bottlenecks: groups of the 3x3 layer [Xie 2017]. Default 1. */
  readonly groups?: number
  /** Bottlenecks: channels a group has in the 3x3 layer of the first stage, doubled from stage to stage. Default 64. */
  readonly widthPerGroup?: number
}

/** Blocks a stage, by depth. [He 2015, table 1; 200: He 2016] */
const basicDepths: Readonly<Record<number, readonly number[]>> = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3] }
const bottleneckDepths: Readonly<Record<number, readonly number[]>> = {
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
}

/** CIFAR net of basic blocks: option A shortcuts by default, as the paper has on CIFAR. */
export function cifarBasic(options: CifarOptions): NetworkSpec {
  const n = blocksPerStage(options.depth, 6, 'basic blocks')
  const { shortcut = 'pad' } = options
  return cifar(options, n, shortcut, basicBranch)
}

/** CIFAR net of bottlenecks, four times as wide outside; projections where sizes change, stride in the first 1x1. */
export function cifarBottleneck(options: CifarOptions): NetworkSpec {
  const n = blocksPerStage(options.depth, 9, 'bottlenecks')
  const { shortcut = 'project-on-change' } = options
  return cifar(options, n, shortcut, (width) => bottleneckBranch(width))
}

/** ImageNet net of basic blocks, depth 18 or 34; option B shortcuts by default. */
export function imagenetBasic(options: ImagenetOptions): NetworkSpec {
  return imagenet(options, basicDepths, 'basic blocks', basicBranch, 0)
}

/** ImageNet net of bottlenecks, depth 50, 101, 152 or 200; option B shortcuts by default. */
export function imagenetBottleneck(options: ImagenetOptions): NetworkSpec {
  const { groups = 1, widthPerGroup = 64, strideIn = 1 } = options
  for (const [name, value] of Object.entries({ groups, widthPerGroup }))
    if (!Number.isInteger(value) || value < 1)
      throw new ConfigError(`${name}: expected a whole number of at least 1, got ${value}`)
  const branch = (width: number) => bottleneckBranch(width, (width * groups * widthPerGroup) / 64, groups)
  return imagenet(options, bottleneckDepths, 'bottlenecks', branch, strideIn)
}

/** Two 3x3 layers. */
export function basicBranch(width: number): ConvLayer[] {
  return [
    { kind: 'conv', width, kernel: 3 },
    { kind: 'conv', width, kernel: 3 },
  ]
}

/** 1x1 down to `inner` channels, 3x3 in groups, 1x1 up to four times `width`. */
export function bottleneckBranch(width: number, inner = width, groups = 1): ConvLayer[] {
  return [
    { kind: 'conv', width: inner, kernel: 1 },
    { kind: 'conv', width: inner, kernel: 3, ...(groups === 1 ? {} : { groups }) },
    { kind: 'conv', width: 4 * width, kernel: 1 },
  ]
}

function cifar(
  options: CifarOptions,
  n: number,
  shortcut: Shortcut,
  branch: (width: number) => ConvLayer[],
): NetworkSpec {
  const { widths = [16, 32, 64], order = 'post' } = options
  const conv: StemLayer = { kind: 'conv', width: widths[0], kernel: 3 }
  return network(options, {
    classes: 10,
    input: { channels: 3, height: 32, width: 32 },
    shortcut,
    stem: order === 'pre' ? [conv] : [conv, { kind: 'norm' }, { kind: 'relu' }],
    depths: [n, n, n],
    branches: widths.map(branch),
    strideIn: 0,
  })
}

function imagenet(
  options: ImagenetOptions,
  table: Readonly<Record<number, readonly number[]>>,
  blocks: string,
  branch: (width: number) => ConvLayer[],
  strideIn: number,
): NetworkSpec {
  const depths = table[options.depth]
  if (!depths)
    throw new ConfigError(
      `depth ${options.depth}: ImageNet nets of ${blocks} have ${orList(Object.keys(table))} layers; ` +
        'for other depths change the stages of one of these',
    )
  return network(options, {
    classes: 1000,
    input: { channels: 3, height: 224, width: 224 },
    shortcut: options.shortcut ?? 'project-on-change',
    stem: [
      { kind: 'conv', width: 64, kernel: 7, stride: 2 },
      { kind: 'norm' },
      { kind: 'relu' },
      { kind: 'maxPool', kernel: 3, stride: 2, padding: 1 },
    ],
    depths,
    branches: [64, 128, 256, 512].map(branch),
    strideIn,
  })
}

/** Blocks in each of the three stages of a CIFAR net, or the error that names the nearest depths that exist. */
function blocksPerStage(depth: number, layersPerBlock: 6 | 9, blocks: string): number {
  const n = (depth - 2) / layersPerBlock
  if (Number.isInteger(n) && n >= 1) return n
  const below = Math.floor(n)
  const nearest = below >= 1 ? [below, below + 1] : [1]
  throw new ConfigError(
    `depth ${depth}: a CIFAR net of ${blocks} has ${layersPerBlock}n+2 layers, n whole and at least 1; ` +
      `use ${orList(nearest.map((whole) => String(layersPerBlock * whole + 2)))}`,
  )
}

function orList(items: readonly string[]): string {
  return items.length < 2 ? items.join() : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`
}

interface Layout {
  readonly classes: number
  readonly input: InputSpec
  readonly shortcut: Shortcut
  readonly stem: readonly StemLayer[]
  readonly depths: readonly number[]
  /** A stage's branch: all blocks of a stage have the same. */
  readonly branches: readonly (readonly ConvLayer[])[]
  readonly strideIn: number
}

/** Stages of equal blocks; from the second on, the first block of each halves height and width. */
function network(options: FamilyOptions & { readonly depth: number }, layout: Layout): NetworkSpec {
  const { order = 'post' } = options
  const { shortcut } = layout
  const stages = layout.branches.map((branch, stage): StageSpec => {
    const plain = { branch, stride: 1, strideIn: 0, order, shortcut }
    const first = stage === 0 ? plain : { ...plain, stride: 2, strideIn: layout.strideIn }
    return { blocks: Array.from({ length: layout.depths[stage]! }, (_, index) => (index === 0 ? first : plain)) }
  })
  const prefix = shortcut === 'none' ? 'plain' : order === 'pre' ? 'preresnet' : 'resnet'
  const spec: NetworkSpec = {
    format: 1,
    name: options.name ?? `${prefix}${options.depth}`,
    input: options.input ?? layout.input,
    stem: layout.stem,
    stages,
    head: { norm: order === 'pre', classes: options.classes ?? layout.classes },
  }
  return order === 'pre' ? shareActivations(spec) : spec
}

/**
 * Marks the pre-activation blocks whose shortcut starts after the first norm and ReLU: those that project, and the
 * first one if the stem ends without a norm. [He 2016, §4.1 and appendix; the authors' code]
 */
function shareActivations(spec: NetworkSpec): NetworkSpec {
  const bareStem = !spec.stem.some(({ kind }) => kind === 'norm')
  const shared = placedBlocks(spec).filter(
    (block, index) => block.spec.shortcut !== 'none' && (projects(block) || (bareStem && index === 0)),
  )
  const paths = new Set(shared.map(({ path }) => path))
  const stages = spec.stages.map(({ blocks }, stage) => ({
    blocks: blocks.map((block, index) =>
      paths.has(blockPath(stage + 1, index + 1)) ? { ...block, activateBeforeSplit: true } : block,
    ),
  }))
  return { ...spec, stages }
}
