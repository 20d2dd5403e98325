/** Infers a network from the names and shapes of its tensors. */
import { depthOf } from '../../spec/blocks.js'
import { type PresetName, preset, presetsFor } from '../../spec/presets.js'
import type {
  BlockSpec,
  ClassifierHead,
  ConvLayer,
  NetworkSpec,
  Shortcut,
  StemConvLayer,
  StemLayer,
} from '../../spec/spec.js'
import type { Shape } from '../../util/shape.js'
import type { Style } from './canonical.js'
import { type KeyMap, keyMaps } from './key-maps.js'

export type Shapes = ReadonlyMap<string, Shape>

/** Networks have three stages, or four; each looks through all names. */
const MOST_STAGES = 32

/** Whose nets these are like, in all that shapes do not show, and whether all of their words are theirs. */
export interface Habits {
  readonly map: KeyMap
  readonly sure: boolean
}

/** The habits of nets with these names and this stem; undefined if there are no stages at all, or no stem. */
export function habitsOf(shapes: Shapes, { head: layer, shortcut, transformers }: Style): Habits | undefined {
  const stages = stagesIn(shapes).length
  const kernel = shapes.get('conv1.weight')?.[2]
  const deep = shapes.has('conv1.0.weight')
  const head = layer?.split('.')[0] // a layer of dropout before it makes `fc.1` of `fc`
  if (stages === 0 || (kernel === undefined && !deep)) return undefined
  const small = !deep && kernel! < 7
  const map = deep
    ? keyMaps.timm
    : !small
      ? keyMaps.torchvision
      : stages !== 3
        ? keyMaps.kuangliu
        : head === 'linear'
          ? keyMaps.akamaster
          : keyMaps.bearpaw
  const words = (head ?? map.classifier) === map.classifier && (shortcut ?? map.shortcut) === map.shortcut
  if (transformers && map === keyMaps.torchvision) return { map, sure: true }
  return { map, sure: words && stages === map.stages && (!small || kernel === 3) }
}

/**
 * Infers the network that tensors with these names and shapes belong to; undefined if they are too few or too unusual.
 * Facts that they leave open (strides, how a shortcut without weights pads) follow the habits. If a few shapes are
 * wrong, it returns the network that fits most tensors.
 */
export function inferSpec(shapes: Shapes, map: KeyMap, style: Style): NetworkSpec<ClassifierHead> | undefined {
  const classes = shapes.get('fc.weight')?.[0]
  const order = orderOf(shapes)
  const stem = stemOf(shapes, order)
  const shortcut = shortcutOf(shapes, map)
  const finalNorm = shapes.has('bn.weight')
  const hidden = shapes.get('head.hidden.weight')?.[0]
  let input = stem?.reduce((width, layer) => (layer.kind === 'conv' ? layer.width : width), 0) ?? 0
  const depths = stagesIn(shapes)
  if (depths.length > MOST_STAGES || depths.includes(0)) return undefined
  const stages = depths.map((depth, stage) => {
    const branch = branchOf(shapes, stage + 1)
    const norm = [...shapes.keys()].some((name) => name.startsWith(`layer${stage + 1}.`) && /\.bn\d+\./.test(name))
    const plain: BlockSpec = { branch, stride: 1, strideIn: 0, order, shortcut, ...(norm ? {} : { norm }) }
    const width = branch.at(-1)?.width ?? input
    const projected = shapes.has(`layer${stage + 1}.0.downsample.0.weight`)
    // A block that keeps its width projects only if it has a stride.
    const narrows =
      stage === 0
        ? shortcut === 'project-on-change' && projected && width === input
        : shortcut !== 'project-on-change' || projected || width !== input
    const strided: BlockSpec = narrows ? { ...plain, stride: 2, strideIn: strideInOf(branch) } : plain
    const changes = narrows || width !== input
    const shared = order === 'pre' && changes && shortcut !== 'pad' && activatesFirst(style, finalNorm)
    input = width
    const first: BlockSpec = shared ? { ...strided, activateBeforeSplit: true } : strided
    return { blocks: Array.from({ length: depth }, (_, block) => (block === 0 ? first : plain)) }
  })
  const whole = stages.length > 0 && stages.every(({ blocks }) => blocks.length > 0 && blocks[0]!.branch.length > 0)
  if (!whole || stem === undefined || (classes !== undefined && !isSize(classes))) return undefined
  const spec: NetworkSpec<ClassifierHead> = {
    format: 1,
    name: order === 'pre' ? 'preresnet' : 'resnet',
    input: { ...map.input, channels: inputChannels(shapes) },
    stem,
    stages,
    head: { kind: 'classifier', norm: finalNorm, ...answersOf(classes), ...(isSize(hidden) ? { hidden } : {}) },
  }
  return { ...spec, name: presetNameOf(spec, map) ?? `${spec.name}${depthOf(spec)}` }
}

/** Without a classifier a net gives features, with one output a value. */
function answersOf(classes: number | undefined): Pick<ClassifierHead, 'classes' | 'gives'> {
  if (classes === undefined) return { classes: 0, gives: 'features' }
  return classes === 1 ? { classes, gives: 'value' } : { classes }
}

/** Whether norms come before the convolutions of their blocks, as their widths tell where these differ. */
function orderOf(shapes: Shapes): 'pre' | 'post' {
  let [pre, post] = [0, 0]
  for (const [name, shape] of shapes) {
    const [, block, number] = /^(layer\d+\.\d+)\.conv(\d+)\.weight$/.exec(name) ?? []
    const width = shapes.get(`${block}.bn${number}.weight`)?.[0]
    const [outputs, inputs] = shape
    if (block === undefined || width === undefined || outputs === inputs) continue
    if (width === outputs) post++
    else if (width === inputs) pre++
  }
  if (pre === post) return shapes.has('bn.weight') ? 'pre' : 'post'
  return pre > post ? 'pre' : 'post'
}

/**
 * Whether pre-activation nets project after the first norm and ReLU of a block. Nets of kuangliu (no
 * norm at the end) and wide nets with `convShortcut` do; others project their input as it is.
 */
function activatesFirst({ shortcut, lists }: Style, finalNorm: boolean): boolean {
  return shortcut === 'convShortcut' || (shortcut === 'shortcut' && !finalNorm && !lists)
}

/**
 * Builds a preset with the habits of the map's nets: the same parameters, but their strides and splits. If presets
 * exist for both strides (in the first 1x1 and in the 3x3), it follows the preset's name.
 * @param channels of the pictures
 */
export function presetAs(name: PresetName, map: KeyMap, classes: number, channels = 3): NetworkSpec {
  const usual = preset(name, { classes })
  const spec = { ...usual, input: { ...usual.input, channels } }
  if (map.stages !== 3 || usual.stages.length !== 3) return spec
  const stages = spec.stages.map(({ blocks }) => ({
    blocks: blocks.map(({ activateBeforeSplit: _, ...block }) =>
      block.stride === 1 ? block : { ...block, strideIn: strideInOf(block.branch) },
    ),
  }))
  return map.input.height === spec.input.height ? { ...spec, stages } : spec
}

function presetNameOf(spec: NetworkSpec<ClassifierHead>, map: KeyMap): PresetName | undefined {
  if (spec.head.gives !== undefined || spec.head.hidden !== undefined) return undefined
  const depth = String(depthOf(spec))
  const near = presetsFor('classify').filter((name) => name.includes(depth)) // skips the deep ones quickly
  if (near.length === 0) return undefined
  const { name: _, ...wanted } = spec
  const text = sorted(wanted)
  return near.find((name) => {
    const { name: own, ...rest } = presetAs(name, map, spec.head.classes, spec.input.channels)
    return sorted(rest) === text
  })
}

/** JSON with fields in alphabetical order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** Number of blocks per stage. Block numbers above the number of tensors do not count. */
function stagesIn(shapes: Shapes): number[] {
  const depths: number[] = []
  for (const name of shapes.keys()) {
    const [, stage, block] = /^layer([1-9]\d*)\.(\d+)\.(?:conv|bn|downsample)/.exec(name) ?? []
    const place = Number(stage) - 1
    if (stage === undefined || place >= shapes.size || Number(block) >= shapes.size) continue
    depths[place] = Math.max(depths[place] ?? 0, Number(block) + 1)
  }
  return Array.from(depths, (depth) => depth ?? 0)
}

/** The convolutions of a stage's branches, each taken from the first block that has it. */
function branchOf(shapes: Shapes, stage: number): ConvLayer[] {
  const found = new Map<number, Shape>()
  for (const [name, shape] of shapes) {
    const [, inStage, conv] = /^layer(\d+)\.\d+\.conv([1-9]\d*)\.weight$/.exec(name) ?? []
    if (inStage !== String(stage) || found.has(Number(conv))) continue
    if (shape.length === 4 && shape.every(isSize)) found.set(Number(conv), shape)
  }
  const biased = new Set<number>()
  for (const name of shapes.keys()) {
    const [, inStage, conv] = /^layer(\d+)\.\d+\.conv([1-9]\d*)\.bias$/.exec(name) ?? []
    if (inStage === String(stage)) biased.add(Number(conv))
  }
  const layers: ConvLayer[] = []
  for (let number = 1; ; number++) {
    const shape = found.get(number)
    if (!shape) return layers
    const [width, inputs, kernel] = shape as [number, number, number]
    const groups = (layers.at(-1)?.width ?? inputs) / inputs
    layers.push({
      kind: 'conv',
      width,
      kernel,
      ...(biased.has(number) ? { bias: true } : {}),
      ...(number > 1 && Number.isInteger(groups) && groups > 1 ? { groups } : {}),
    })
  }
}

/** A bottleneck's stride is in its 3x3 layer, as in nearly all nets after the first paper. */
function strideInOf(branch: readonly ConvLayer[]): number {
  return branch.length === 3 ? 1 : 0
}

function shortcutOf(shapes: Shapes, map: KeyMap): Shortcut {
  const projections = [...shapes.keys()].filter((name) => /^layer\d+\.\d+\.downsample\.0\./.test(name))
  if (projections.length === 0) return map.withoutProjections
  return projections.some((name) => !/^layer\d+\.0\./.test(name)) ? 'project-always' : 'project-on-change'
}

/** The layers before the first stage. A stem of one small convolution keeps the size. */
function stemOf(shapes: Shapes, order: 'pre' | 'post'): StemLayer[] | undefined {
  const names = shapes.has('conv1.weight') ? ['conv1'] : stemNames(shapes)
  const convs = names.flatMap((name): StemConvLayer[] => {
    const [width, , kernel] = shapes.get(`${name}.weight`) ?? []
    const bias = shapes.has(`${name}.bias`) ? { bias: true } : {}
    return isSize(width) && isSize(kernel) ? [{ kind: 'conv', width, kernel, ...bias }] : []
  })
  const [first, ...others] = convs
  if (!first || convs.length < names.length) return undefined
  const small = names.length === 1 && first.kernel < 7
  const layers = [small ? first : { ...first, stride: 2 }, ...others]
  // Pre-activation nets begin with a bare convolution, if their stem has no norm.
  const bare = names.length === 1 && !shapes.has('bn1.weight') && (order === 'pre' || hasNoNorms(shapes))
  const stem = layers.flatMap((layer): StemLayer[] => {
    if (!bare) return [layer, { kind: 'norm' }, { kind: 'relu' }]
    return order === 'pre' ? [layer] : [layer, { kind: 'relu' }]
  })
  return small ? stem : [...stem, { kind: 'maxPool', kernel: 3, stride: 2, padding: 1 }]
}

/** The convolutions of a stem of several: each is followed by its norm and a ReLU. */
function stemNames(shapes: Shapes): string[] {
  const names: string[] = []
  while (shapes.has(`conv1.${3 * names.length}.weight`)) names.push(`conv1.${3 * names.length}`)
  return names
}

function hasNoNorms(shapes: Shapes): boolean {
  return ![...shapes.keys()].some((name) => /\.bn\d+\./.test(name))
}

function inputChannels(shapes: Shapes): number {
  const [, channels] = shapes.get('conv1.weight') ?? shapes.get('conv1.0.weight') ?? []
  return isSize(channels) ? channels : 3
}

/** Whether a layer may have this size. Larger sizes mean damage. */
function isSize(size: number | undefined): size is number {
  return size !== undefined && Number.isSafeInteger(size) && size >= 1 && size < 1 << 20
}
