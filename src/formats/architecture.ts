/** Infers a network from the names and shapes of its tensors. */
import { depthOf } from '../spec/blocks.js'
import { classifierOf } from '../spec/heads/index.js'
import { type PresetName, preset, presetsFor } from '../spec/presets.js'
import type { BlockSpec, ConvLayer, NetworkSpec, Shortcut, StemLayer } from '../spec/spec.js'
import type { Shape } from '../util/shape.js'
import { type KeyMap, keyMaps } from './key-maps.js'

export type Shapes = ReadonlyMap<string, Shape>

/** The map whose nets have these names and this stem; undefined if there is none. */
export function keyMapOf(shapes: Shapes): KeyMap | undefined {
  const stages = stagesIn(shapes)
  const kernel = shapes.get('conv1.weight')?.[2]
  const stem = shapes.has('conv1.0.weight') ? 'deep' : `${kernel}x${kernel}`
  return Object.values(keyMaps).find(
    (map) => shapes.has(`${map.classifier}.weight`) && stem === map.stem && stages.length === map.stages,
  )
}

/**
 * Infers the network that tensors with these names and shapes belong to; undefined if they are too few or too unusual.
 * Facts that they leave open (strides, how a shortcut without weights pads) follow the map's nets. If a few shapes are
 * wrong, it returns the network that fits most tensors.
 */
export function inferSpec(shapes: Shapes, map: KeyMap): NetworkSpec | undefined {
  const classes = shapes.get(`${map.classifier}.weight`)?.[0]
  const stem = stemOf(shapes)
  const order = shapes.has('bn.weight') ? 'pre' : 'post'
  const shortcut = shortcutOf(shapes, map)
  const stages = stagesIn(shapes).map((depth, stage) => {
    const branch = branchOf(shapes, stage + 1)
    const plain: BlockSpec = { branch, stride: 1, strideIn: 0, order, shortcut }
    const first: BlockSpec = stage === 0 ? plain : { ...plain, stride: 2, strideIn: strideInOf(branch) }
    return { blocks: Array.from({ length: depth }, (_, block) => (block === 0 ? first : plain)) }
  })
  const whole = stages.length > 0 && stages.every(({ blocks }) => blocks.length > 0 && blocks[0]!.branch.length > 0)
  if (!whole || stem === undefined || !isSize(classes) || classes < 2) return undefined
  const spec: NetworkSpec = {
    format: 1,
    name: order === 'pre' ? 'preresnet' : 'resnet',
    input: { ...map.input, channels: inputChannels(shapes) },
    stem: order === 'pre' && map.stem === '3x3' ? stem.slice(0, 1) : stem,
    stages,
    head: { kind: 'classifier', norm: order === 'pre', classes },
  }
  return { ...spec, name: presetNameOf(spec, map) ?? `${spec.name}${depthOf(spec)}` }
}

/**
 * Builds a preset with the habits of the map's nets: the same parameters, but their strides and splits. If presets
 * exist for both strides (in the first 1x1 and in the 3x3), it follows the preset's name.
 * @param channels of the pictures
 */
export function presetAs(name: PresetName, map: KeyMap, classes: number, channels = 3): NetworkSpec {
  const usual = preset(name, { classes })
  const spec = { ...usual, input: { ...usual.input, channels } }
  if (map.stages !== 3) return spec
  const stages = spec.stages.map(({ blocks }) => ({
    blocks: blocks.map(({ activateBeforeSplit: _, ...block }) =>
      block.stride === 1 ? block : { ...block, strideIn: strideInOf(block.branch) },
    ),
  }))
  return map.input.height === spec.input.height ? { ...spec, stages } : spec
}

function presetNameOf(spec: NetworkSpec, map: KeyMap): PresetName | undefined {
  const depth = String(depthOf(spec))
  const near = presetsFor('classify').filter((name) => name.includes(depth)) // skips the deep ones quickly
  if (near.length === 0) return undefined
  const { name: _, ...wanted } = spec
  const text = sorted(wanted)
  return near.find((name) => {
    const { name: own, ...rest } = presetAs(name, map, classifierOf(spec).classes, spec.input.channels)
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
    const [, stage, block] = /^layer([1-9]\d*)\.(\d+)\./.exec(name) ?? []
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
      ...(number > 1 && Number.isInteger(groups) && groups > 1 ? { groups } : {}),
    })
  }
}

/** A bottleneck's stride is in its 3x3 layer, as in nearly all nets after the first paper. */
function strideInOf(branch: readonly ConvLayer[]): number {
  return branch.length === 3 ? 1 : 0
}

function shortcutOf(shapes: Shapes, map: KeyMap): Shortcut {
  const projection = new RegExp(`^layer\\d+\\.\\d+\\.${map.shortcut}\\.0\\.`)
  const projections = [...shapes.keys()].filter((name) => projection.test(name))
  if (projections.length === 0) return map.withoutProjections
  return projections.some((name) => !/^layer\d+\.0\./.test(name)) ? 'project-always' : 'project-on-change'
}

/** The layers before the first stage. A stem of one 3x3 convolution keeps the size. */
function stemOf(shapes: Shapes): StemLayer[] | undefined {
  const names = shapes.has('conv1.weight') ? ['conv1'] : ['conv1.0', 'conv1.3', 'conv1.6']
  const convs = names.flatMap((name): StemLayer[] => {
    const [width, , kernel] = shapes.get(`${name}.weight`) ?? []
    return isSize(width) && isSize(kernel) ? [{ kind: 'conv', width, kernel }] : []
  })
  const [first, ...others] = convs
  if (!first || convs.length < names.length) return undefined
  const small = names.length === 1 && 'kernel' in first && first.kernel === 3
  const layers = [small ? first : { ...first, stride: 2 }, ...others] as StemLayer[]
  const stem = layers.flatMap((layer): StemLayer[] => [layer, { kind: 'norm' }, { kind: 'relu' }])
  return small ? stem : [...stem, { kind: 'maxPool', kernel: 3, stride: 2, padding: 1 }]
}

function inputChannels(shapes: Shapes): number {
  const [, channels] = shapes.get('conv1.weight') ?? shapes.get('conv1.0.weight') ?? []
  return isSize(channels) ? channels : 3
}

/** Whether a layer may have this size. Larger sizes mean damage. */
function isSize(size: number | undefined): size is number {
  return size !== undefined && Number.isSafeInteger(size) && size >= 1 && size < 1 << 20
}
