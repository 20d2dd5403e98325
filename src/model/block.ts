/** Builds the graph of one block: residual branch and shortcut, in the order of its spec. */
import * as kinds from '../graph/expect.js'
import type { Value } from '../graph/graph.js'
import { normalisesProjection, type PlacedBlock, projects } from '../spec/blocks.js'
import { givenLayers } from '../spec/own-layers.js'
import type { ConvLayer } from '../spec/spec.js'
import { expectFields, expectKind, expectOptions, isRecord, kind, map, object, text, whole } from '../util/expect.js'
import type { LayerBuilder } from './layers.js'
import type { ModelLayers } from './own-layers.js'
import type { Stochastic } from './stochastic.js'

/** Options of a block, beside its spec. */
export interface BlockExtras {
  /** Its random parts, none by default. */
  readonly stochastic?: Stochastic | undefined
  /** The layers of your own, none by default. */
  readonly own?: ModelLayers | undefined
}

const layerBuilder = kind<LayerBuilder>('a LayerBuilder', (given) => {
  return isRecord(given) && typeof given.conv === 'function' && map.fits(given.results)
})
const blockSpec = kind('a block of a spec', (given) => isRecord(given) && Array.isArray(given.branch))
const blockFields = { path: text, spec: blockSpec, inputWidth: whole(1), width: whole(1) }

/**
 * Adds a block to the graph; returns its output.
 * @throws ShapeError with the path of the layer that does not fit; ConfigError if an argument is of the wrong kind
 */
export function addBlock(layers: LayerBuilder, block: PlacedBlock, x: Value, extras: BlockExtras = {}): Value {
  expectKind(layers, 'addBlock: layers', layerBuilder)
  expectFields(block, 'addBlock: block', 'a block, such as placedBlocks() gives', blockFields)
  expectKind(x, 'addBlock: x', kinds.value)
  expectOptions(extras, 'addBlock: extras', { stochastic: object, own: object })
  const { order } = block.spec
  const build = order === 'pre' || order === 'relu-pre' ? activationFirst : convolutionFirst
  const output = build(layers, block, x, extras)
  layers.results.set(block.path, output)
  return output
}

/** conv, norm, ReLU, …, conv; then norm, addition and ReLU in one of the orders of He 2016. [figure 4a to c] */
function convolutionFirst(layers: LayerBuilder, block: PlacedBlock, x: Value, extras: BlockExtras): Value {
  const { path, spec } = block
  const { order, branch } = spec
  const last = branch.length
  let y = x
  branch.forEach((layer, index) => {
    if (index > 0) y = layers.relu(`${path}.relu${index}`, y)
    y = layers.conv(`${path}.conv${index + 1}`, y, layer, strideOf(block, index))
    if (index + 1 < last || order !== 'norm-after-add') y = addNorm(layers, block, index + 1, y)
    y = addOwn(layers, block, index + 1, y, extras.own)
  })
  if (order === 'relu-before-add') y = layers.relu(`${path}.relu${last}`, y)
  y = addShortcut(layers, block, x, y, extras.stochastic)
  if (order === 'norm-after-add') y = addNorm(layers, block, last, y)
  return order === 'post' || order === 'norm-after-add' ? layers.relu(`${path}.relu`, y) : y
}

/** norm, ReLU, conv, …; add the shortcut [He 2016, figure 4e]. In the order `relu-pre` norms follow convolutions [4d]. */
function activationFirst(layers: LayerBuilder, block: PlacedBlock, x: Value, extras: BlockExtras): Value {
  const { path, spec } = block
  let y = x
  let split = x
  spec.branch.forEach((layer, index) => {
    if (spec.order === 'pre') y = addNorm(layers, block, index + 1, y)
    y = layers.relu(`${path}.relu${index + 1}`, y)
    if (index === 0 && spec.activateBeforeSplit) split = y
    y = layers.conv(`${path}.conv${index + 1}`, y, layer, strideOf(block, index))
    if (spec.order === 'relu-pre') y = addNorm(layers, block, index + 1, y)
    y = addOwn(layers, block, index + 1, y, extras.own)
  })
  return addShortcut(layers, block, split, y, extras.stochastic)
}

/** Adds the shortcut: branch + shortcut(x), each with its scale or gate; in a plain block the branch alone. */
function addShortcut(
  layers: LayerBuilder,
  block: PlacedBlock,
  x: Value,
  branch: Value,
  { branch: drop, shortcut: elements, noise }: Stochastic = {},
): Value {
  const { path, spec } = block
  if (spec.shortcut === 'none') return branch
  const kept = drop ? layers.dropout(`${path}.drop`, branch, drop) : branch
  const weighed = scaled(layers, `${path}.branch.scale`, kept, spec.branchScale)
  if (spec.shortcut === 'noise') return noise ? layers.addNoise(`${path}.shortcut.noise`, weighed, noise) : weighed
  const whole = shortcutOf(layers, block, x)
  const dropped = elements ? layers.dropout(`${path}.shortcut.drop`, whole, elements) : whole
  const shortcut = scaled(layers, `${path}.shortcut.scale`, dropped, spec.shortcutScale)
  return layers.add(`${path}.add`, ...gated(layers, block, x, [weighed, shortcut]))
}

/** g · branch (only for exclusive gates) and (1 − g) · shortcut. 1 − sigmoid(z) is computed as sigmoid(−z). */
function gated(
  layers: LayerBuilder,
  { path, spec: { gate, stride }, width }: PlacedBlock,
  x: Value,
  [branch, shortcut]: readonly [Value, Value],
): readonly [Value, Value] {
  if (!gate) return [branch, shortcut]
  const z = layers.conv(`${path}.gate.conv`, x, { kind: 'conv', width, kernel: 1, bias: true }, stride)
  const closed = layers.sigmoid(`${path}.gate.shortcut`, layers.scale(`${path}.gate.negate`, z, -1))
  const passed = layers.multiply(`${path}.shortcut.gated`, shortcut, closed)
  if (gate.kind === 'shortcut-only') return [branch, passed]
  return [layers.multiply(`${path}.branch.gated`, branch, layers.sigmoid(`${path}.gate.branch`, z)), passed]
}

function shortcutOf(layers: LayerBuilder, block: PlacedBlock, x: Value): Value {
  const { path, spec, width, changesSize } = block
  if (projects(block)) {
    const projection: ConvLayer = { kind: 'conv', width, kernel: 1 }
    const projected = layers.conv(`${path}.shortcut.conv`, x, projection, spec.stride)
    return normalisesProjection(spec) ? layers.norm(`${path}.shortcut.norm`, projected) : projected
  }
  return changesSize ? layers.padShortcut(`${path}.shortcut.pad`, x, width, spec.stride) : x
}

function addNorm(layers: LayerBuilder, { path, spec }: PlacedBlock, number: number, y: Value): Value {
  return spec.norm === false ? y : layers.norm(`${path}.norm${number}`, y)
}

/** The layer of your own behind a convolution, where there is one. */
function addOwn(
  layers: LayerBuilder,
  { path, spec }: PlacedBlock,
  number: number,
  y: Value,
  table: ModelLayers | undefined,
): Value {
  const own = spec.branch[number - 1]!.after
  return own ? givenLayers(table, path).add(layers, path, own, number, y) : y
}

function scaled(layers: LayerBuilder, path: string, x: Value, factor = 1): Value {
  return factor === 1 ? x : layers.scale(path, x, factor)
}

function strideOf({ spec }: PlacedBlock, layer: number): number {
  return layer === spec.strideIn ? spec.stride : 1
}
