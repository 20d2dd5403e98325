/**
 * The families of the papers as functions from a depth to a spec: the CIFAR nets of basic blocks (6n+2 layers) and of
 * bottlenecks (9n+2), and the ImageNet nets of both. [He 2015, §3.4, §4.2; He 2016, appendix]
 */
import { ConfigError } from '../util/errors.js'
import { passesInput, placedBlocks, projects } from './blocks.js'
import { blockPath } from './paths.js'
import type {
  BlockSpec,
  ClassifierHead,
  ConvLayer,
  InputSpec,
  NetworkSpec,
  Order,
  Shortcut,
  StageSpec,
  StemLayer,
} from './spec.js'

/** Options of all blocks of a net: see BlockSpec. */
export type BlockOptions = Pick<BlockSpec, 'norm' | 'branchScale' | 'shortcutScale' | 'shortcutDropout' | 'gate'>

/** Options of all families. */
export interface FamilyOptions extends BlockOptions {
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

/** Options of CIFAR nets. */
export interface CifarOptions extends FamilyOptions {
  /** Weighted layers on the main path: 6n+2 or 9n+2, unless branches have another number of layers. */
  readonly depth: number
  /** Widths of the three stages (of the 3x3 layers in a bottleneck); the stem has the first. Default 16, 32, 64. */
  readonly widths?: readonly [number, number, number]
  /** Basic blocks: number of 3x3 layers in each branch, default 2. With k of them the net has 3kn+2 layers. */
  readonly branchLayers?: number
}

/** Options of ImageNet nets. */
export interface ImagenetOptions extends FamilyOptions {
  readonly depth: number
  /**
   * Bottlenecks: the layer of the branch with the stride. 1 is the 3x3 layer (v1.5, the default, as in torchvision and
   * most pretrained weights), 0 the first 1x1 layer (the paper).
   */
  readonly strideIn?: 0 | 1
  /** Bottlenecks: groups of the 3x3 layer [Xie 2017]. Default 1. */
  readonly groups?: number
  /**
   * Bottlenecks: channels per group in the 3x3 layer of the first stage. They double from stage to stage. Default 64.
   */
  readonly widthPerGroup?: number
}

/** Number of blocks per stage, by depth. [He 2015, table 1; 200: He 2016] */
const basicDepths: Readonly<Record<number, readonly number[]>> = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3] }
const bottleneckDepths: Readonly<Record<number, readonly number[]>> = {
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
}

/** CIFAR net of basic blocks. Shortcuts are option A by default, as in the paper on CIFAR. */
export function cifarBasic(options: CifarOptions): NetworkSpec<ClassifierHead> {
  const { shortcut = 'pad', branchLayers = 2 } = options
  if (!Number.isInteger(branchLayers) || branchLayers < 1)
    throw new ConfigError(`branchLayers: expected a whole number of at least 1, got ${branchLayers}`)
  const blocks = branchLayers === 2 ? 'basic blocks' : `blocks of ${branchLayers} layers`
  const n = blocksPerStage(options.depth, 3 * branchLayers, blocks)
  return cifar(options, n, shortcut, (width) => basicBranch(width, branchLayers))
}

/** CIFAR net of bottlenecks, four times as wide outside. Projections where sizes change, stride in the first 1x1. */
export function cifarBottleneck(options: CifarOptions): NetworkSpec<ClassifierHead> {
  const n = blocksPerStage(options.depth, 9, 'bottlenecks')
  const { shortcut = 'project-on-change' } = options
  return cifar(options, n, shortcut, (width) => bottleneckBranch(width))
}

/** ImageNet net of basic blocks, depth 18 or 34. Option B shortcuts by default. */
export function imagenetBasic(options: ImagenetOptions): NetworkSpec<ClassifierHead> {
  return imagenet(options, basicDepths, 'basic blocks', (width) => basicBranch(width), 0)
}

/** ImageNet net of bottlenecks, depth 50, 101, 152 or 200. Option B shortcuts by default. */
export function imagenetBottleneck(options: ImagenetOptions): NetworkSpec<ClassifierHead> {
  const { groups = 1, widthPerGroup = 64, strideIn = 1 } = options
  for (const [name, value] of Object.entries({ groups, widthPerGroup }))
    if (!Number.isInteger(value) || value < 1)
      throw new ConfigError(`${name}: expected a whole number of at least 1, got ${value}`)
  const branch = (width: number) => bottleneckBranch(width, (width * groups * widthPerGroup) / 64, groups)
  return imagenet(options, bottleneckDepths, 'bottlenecks', branch, strideIn)
}

/** A branch of 3x3 layers, two by default. */
export function basicBranch(width: number, layers = 2): ConvLayer[] {
  return Array.from({ length: layers }, () => ({ kind: 'conv', width, kernel: 3 }))
}

/**
 * A branch of a 1x1 layer down to `inner` channels, a 3x3 layer in groups, and a 1x1 layer up to four times `width`.
 */
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
): NetworkSpec<ClassifierHead> {
  const { widths = [16, 32, 64], order = 'post', norm = true } = options
  const stem: readonly StemLayer[] = [{ kind: 'conv', width: widths[0], kernel: 3 }, { kind: 'norm' }, { kind: 'relu' }]
  // Pre-activation blocks begin with the layers that are left out here.
  const kept = order === 'pre' ? 1 : order === 'relu-pre' ? 2 : 3
  return network(options, {
    classes: 10,
    input: { channels: 3, height: 32, width: 32 },
    shortcut,
    stem: stem.slice(0, kept).filter(({ kind }) => norm || kind !== 'norm'),
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
): NetworkSpec<ClassifierHead> {
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

/**
 * Blocks in each of the three stages of a CIFAR net.
 * @throws ConfigError that names the nearest possible depths
 */
function blocksPerStage(depth: number, layersPerBlock: number, blocks: string): number {
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
  /** The branch of each stage. All blocks of a stage have the same. */
  readonly branches: readonly (readonly ConvLayer[])[]
  readonly strideIn: number
}

/** Builds stages of equal blocks. From the second stage on, the first block halves height and width. */
function network(options: FamilyOptions & { readonly depth: number }, layout: Layout): NetworkSpec<ClassifierHead> {
  const { order = 'post' } = options
  const { shortcut } = layout
  const asked = blockOptions(options)
  const stages = layout.branches.map((branch, stage): StageSpec => {
    const plain = { branch, stride: 1, strideIn: 0, order, shortcut, ...asked }
    const first = stage === 0 ? plain : { ...plain, stride: 2, strideIn: layout.strideIn }
    return { blocks: Array.from({ length: layout.depths[stage]! }, (_, index) => (index === 0 ? first : plain)) }
  })
  const activatesFirst = order === 'pre' || order === 'relu-pre'
  const prefix = shortcut === 'none' ? 'plain' : activatesFirst ? 'preresnet' : 'resnet'
  const spec: NetworkSpec<ClassifierHead> = {
    format: 1,
    name: options.name ?? `${prefix}${options.depth}`,
    input: options.input ?? layout.input,
    stem: layout.stem,
    stages,
    head: {
      kind: 'classifier',
      norm: order === 'pre' && asked.norm !== false,
      ...(order === 'relu-pre' || (order === 'pre' && asked.norm === false) ? { relu: true } : {}),
      classes: options.classes ?? layout.classes,
    },
  }
  return activatesFirst ? shareActivations(spec) : spec
}

/** Only the options of blocks that were given. A spec leaves out fields that have their defaults. */
export function blockOptions(options: BlockOptions): BlockOptions {
  const { norm, branchScale, shortcutScale, shortcutDropout, gate } = options
  const asked = Object.entries({ norm, branchScale, shortcutScale, shortcutDropout, gate })
  return Object.fromEntries(asked.filter(([, value]) => value !== undefined))
}

/**
 * Marks the pre-activation blocks whose shortcut starts after the first norm and ReLU: blocks that project, and the
 * first block if the stem ends without an activation. [He 2016, §4.1 and appendix; the authors' code]
 */
function shareActivations(spec: NetworkSpec<ClassifierHead>): NetworkSpec<ClassifierHead> {
  const bareStem = !spec.stem.some(({ kind }) => kind === 'relu')
  const shared = placedBlocks(spec).filter(
    (block, index) => passesInput(block.spec) && (projects(block) || (bareStem && index === 0)),
  )
  const paths = new Set(shared.map(({ path }) => path))
  const stages = spec.stages.map(({ blocks }, stage) => ({
    blocks: blocks.map((block, index) =>
      paths.has(blockPath(stage + 1, index + 1)) ? { ...block, activateBeforeSplit: true } : block,
    ),
  }))
  return { ...spec, stages }
}
