/** From a spec to the graph of its forward pass, for training or for inference. */
import type { Graph, Value } from '../graph/graph.js'
import { placedBlocks, stemPaths } from '../spec/blocks.js'
import { taskOf } from '../spec/heads.js'
import { type LayerPath, stagePath } from '../spec/paths.js'
import type { NetworkSpec, StemLayer } from '../spec/spec.js'
import { validateSpec } from '../spec/validate.js'
import { ConfigError } from '../util/errors.js'
import { addBlock } from './block.js'
import { chancesOf } from './chance.js'
import type { DropPath } from './drop-path.js'
import { addHead } from './head.js'
import { LayerBuilder, type Mode, type PictureLoss } from './layers.js'

export interface ForwardOptions {
  /** Pictures a run. */
  readonly batch: number
  readonly mode: Mode
  /** Inference: whether labels or targets come in and the loss comes out. Training always has them. Default false. */
  readonly loss?: boolean
  /** Of nets that give pictures: what their loss is. Default `squared`. */
  readonly pictureLoss?: PictureLoss
  /** Share of the target that is spread evenly over all classes, in [0, 1). Default 0. */
  readonly labelSmoothing?: number
  /** Training: stochastic depth, and the seed of all that is random in shortcuts. Left out: nothing is random. */
  readonly dropPath?: DropPath
  /** Training: share of the batch's statistics in the next running statistics, in (0, 1]. Default 0.1. */
  readonly statisticsShare?: number
  /** Paths of layers, blocks or stages whose results become outputs of that name, for example `stage1.block2.norm1`. */
  readonly taps?: readonly LayerPath[]
}

/**
 * The forward graph. Data inputs: `pictures` f32 [batch, channels, height, width] and, with a loss, `labels` i32
 * [batch]; with dropped branches the scalar `step`, i32, from which it follows what is dropped. Outputs: `logits`
 * [batch, classes], with a loss the scalar `loss`, and the taps. A net that gives pictures has the output `picture`
 * instead of logits, and `targets` of its shape instead of labels. Parameters and buffers are inputs named by path; in
 * training mode the running statistics are updated.
 * Throws a ShapeError, with the path of the layer, where sizes do not fit; a ConfigError for a spec or option without
 * meaning.
 */
export function forwardGraph(spec: NetworkSpec, options: ForwardOptions): Graph {
  validateSpec(spec)
  const { batch, mode, labelSmoothing = 0, dropPath, taps = [] } = options
  if (!Number.isInteger(batch) || batch < 1)
    throw new ConfigError(`batch: expected a whole number of at least 1, got ${batch}`)
  const chances = mode === 'training' && dropPath ? chancesOf(spec, dropPath) : undefined
  const layers = new LayerBuilder(mode, options.statisticsShare)
  const { channels, height, width } = spec.input
  const pictures = layers.pictures(batch, channels, height, width)
  const gives = outputOf(spec)
  const measured = mode === 'training' || options.loss
  const labels = measured && gives === 'logits' ? layers.labels(batch) : undefined
  let x = addStem(layers, spec.stem, pictures)
  for (const block of placedBlocks(spec)) {
    x = addBlock(layers, block, x, chances?.get(block.path))
    layers.results.set(stagePath(block.stage), x)
  }
  const result = addHead(layers, spec, pictures, x)
  layers.graph.output(gives, result)
  if (labels) layers.graph.output('loss', layers.loss('loss', result, labels, labelSmoothing))
  else if (measured) layers.graph.output('loss', layers.pictureLoss('loss', result, options.pictureLoss ?? 'squared'))
  for (const path of new Set(taps)) layers.graph.output(path, tapped(layers, spec, path))
  return layers.graph.build()
}

/** The name of what a network gives. */
export function outputOf(spec: NetworkSpec): 'logits' | 'picture' {
  return taskOf(spec) === 'classify' ? 'logits' : 'picture'
}

function addStem(layers: LayerBuilder, stem: readonly StemLayer[], pictures: Value): Value {
  const paths = stemPaths(stem)
  let x = pictures
  stem.forEach((layer, index) => {
    const path = paths[index]!
    if (layer.kind === 'conv') x = layers.conv(path, x, layer, layer.stride ?? 1)
    else if (layer.kind === 'norm') x = layers.norm(path, x)
    else if (layer.kind === 'relu') x = layers.relu(path, x)
    else x = layers.pool(path, x, layer)
  })
  layers.results.set('stem', x)
  return x
}

function tapped(layers: LayerBuilder, spec: NetworkSpec, path: string): Value {
  const value = layers.results.get(path)
  if (value) return value
  const parent = path.slice(0, path.lastIndexOf('.'))
  const near = [...layers.results.keys()]
    .filter((other) => parent !== '' && other.startsWith(`${parent}.`))
    .slice(0, 12)
  const remedy =
    near.length > 0 ? `there are ${near.join(', ')}` : 'paths look like stem.conv, stage1, stage2.block1.add'
  throw new ConfigError(`tap ${path}: ${spec.name} has no such layer; ${remedy}`)
}
