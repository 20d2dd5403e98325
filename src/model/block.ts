/** One block as graph: residual branch and shortcut, in post- or pre-activation order. */
import type { Value } from '../graph/graph.js'
import type { DropoutAttributes } from '../ops/dropout.js'
import { type PlacedBlock, projects } from '../spec/blocks.js'
import type { ConvLayer } from '../spec/spec.js'
import type { LayerBuilder } from './layers.js'

/**
 * Adds a block to the graph; returns its output.
 * @param drop how its residual branch is dropped by chance; left out: never
 */
export function addBlock(layers: LayerBuilder, block: PlacedBlock, x: Value, drop?: DropoutAttributes): Value {
  const build = block.spec.order === 'post' ? postActivation : preActivation
  const output = build(layers, block, x, drop)
  layers.results.set(block.path, output)
  return output
}

/** conv, norm, ReLU, …, conv, norm; add the shortcut; ReLU. [He 2015, figure 2] */
function postActivation(layers: LayerBuilder, block: PlacedBlock, x: Value, drop?: DropoutAttributes): Value {
  const { path, spec } = block
  let y = x
  spec.branch.forEach((layer, index) => {
    if (index > 0) y = layers.relu(`${path}.relu${index}`, y)
    y = layers.conv(`${path}.conv${index + 1}`, y, layer, strideOf(block, index))
    y = layers.norm(`${path}.norm${index + 1}`, y)
  })
  return layers.relu(`${path}.relu`, addShortcut(layers, block, x, y, drop))
}

/** norm, ReLU, conv, …, norm, ReLU, conv; add the shortcut. [He 2016, figure 4e] */
function preActivation(layers: LayerBuilder, block: PlacedBlock, x: Value, drop?: DropoutAttributes): Value {
  const { path, spec } = block
  let y = x
  let split = x
  spec.branch.forEach((layer, index) => {
    y = layers.norm(`${path}.norm${index + 1}`, y)
    y = layers.relu(`${path}.relu${index + 1}`, y)
    if (index === 0 && spec.activateBeforeSplit) split = y
    y = layers.conv(`${path}.conv${index + 1}`, y, layer, strideOf(block, index))
  })
  return addShortcut(layers, block, split, y, drop)
}

/** branch + shortcut(x), or the branch alone in a plain block. */
function addShortcut(
  layers: LayerBuilder,
  block: PlacedBlock,
  x: Value,
  branch: Value,
  drop: DropoutAttributes | undefined,
): Value {
  if (block.spec.shortcut === 'none') return branch
  const kept = drop ? layers.dropout(`${block.path}.drop`, branch, drop) : branch
  return layers.add(`${block.path}.add`, kept, shortcutOf(layers, block, x))
}

function shortcutOf(layers: LayerBuilder, block: PlacedBlock, x: Value): Value {
  const { path, spec, width, changesSize } = block
  if (projects(block)) {
    const projection: ConvLayer = { kind: 'conv', width, kernel: 1 }
    const projected = layers.conv(`${path}.shortcut.conv`, x, projection, spec.stride)
    return spec.order === 'post' ? layers.norm(`${path}.shortcut.norm`, projected) : projected
  }
  return changesSize ? layers.padShortcut(`${path}.shortcut.pad`, x, width, spec.stride) : x
}

function strideOf({ spec }: PlacedBlock, layer: number): number {
  return layer === spec.strideIn ? spec.stride : 1
}
