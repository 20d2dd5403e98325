/** Builds the graph of a network's forward pass from its spec, for training or for inference. */
import type { Graph, Value } from '../graph/graph.js'
import { placedBlocks, stemPaths } from '../spec/blocks.js'
import { type LayerPath, stagePath } from '../spec/paths.js'
import type { NetworkSpec, StemLayer } from '../spec/spec.js'
import { checkSpec } from '../spec/validate.js'
import { ConfigError } from '../util/errors.js'
import { described, expectOptions, flag, listOf, number, object, oneOf, text } from '../util/expect.js'
import { addBlock } from './block.js'
import type { DropPath } from './drop-path.js'
import type { LossSettings, ModelHead } from './heads/head.js'
import { type Heads, headOf, heads as ownHeads } from './heads/index.js'
import { LayerBuilder, type Mode, modes } from './layers.js'
import { stochasticOf } from './stochastic.js'

const optionFields = {
  ...{ mode: oneOf(modes), loss: flag, dropPath: object, statisticsShare: number, heads: object },
  ...{ taps: listOf(text, 'a list of paths, such as stage1.block2.norm1'), lossName: text, labelSmoothing: number },
}

export interface ForwardOptions extends LossSettings {
  /** Number of pictures in a run. */
  readonly batch: number
  readonly mode: Mode
  /** Inference: whether it takes labels or targets and computes the loss. Training always does. Default false. */
  readonly loss?: boolean
  /** Training: stochastic depth, and the seed of random shortcuts. Default: nothing is random. */
  readonly dropPath?: DropPath
  /** Training: share of the batch's statistics in the next running statistics, in (0, 1]. Default 0.1. */
  readonly statisticsShare?: number
  /**
   * Paths of layers, blocks or stages, for example `stage1.block2.norm1`. Their results become outputs of that name.
   */
  readonly taps?: readonly LayerPath[]
  /** The known kinds of heads; default: those of this package. */
  readonly heads?: Heads | undefined
}

/**
 * Builds the forward graph. Data inputs: `pictures` f32 [batch, channels, height, width] and, with a loss, the targets
 * of the head (`labels` i32 [batch] of a classifier, `targets` in the pictures' shape of a net that upscales pictures). If
 * branches are dropped, the i32 scalar `step` decides which. Outputs: those of the head (`logits` [batch, classes], or
 * `picture`; in training the head's figures, if it has some, such as the scalar `squares`), with a loss the scalar
 * `loss`, and the taps. Parameters and buffers are inputs named by path. In training
 * mode the running statistics are updated.
 * @throws ShapeError with the path of the layer if sizes do not fit, ConfigError for an invalid spec or option
 */
export function forwardGraph(spec: NetworkSpec, options: ForwardOptions): Graph {
  expectOptions(options, 'forwardGraph: options', optionFields)
  const { batch, mode, dropPath, taps = [], heads = ownHeads } = options
  checkSpec(spec, heads)
  if (!Number.isInteger(batch) || batch < 1)
    throw new ConfigError(`batch: expected a whole number of at least 1, got ${described(batch)}`)
  const stochastic = mode === 'training' && dropPath ? stochasticOf(spec, dropPath) : undefined
  const layers = new LayerBuilder(mode, options.statisticsShare)
  const { channels, height, width } = spec.input
  const pictures = layers.pictures(batch, channels, height, width)
  const head = headOf(spec.head, heads)
  const truths = mode === 'training' || options.loss ? head.addTruths(layers, spec, batch) : undefined
  let x = addStem(layers, spec.stem, pictures)
  for (const block of placedBlocks(spec)) {
    x = addBlock(layers, block, x, { stochastic: stochastic?.get(block.path), own: head.layers })
    layers.results.set(stagePath(block.stage), x)
  }
  const maps = head.reads(spec.head, spec.stages).map((path) => layers.results.get(path)!)
  const outputs = head.build(layers, spec.head, { pictures, maps })
  const loss = truths && head.addLoss(layers, outputs, truths, options)
  const given = mode === 'training' && head.figures ? head.figures.add(layers, outputs, truths!) : outputs
  for (const name of givenBy(head, mode)) layers.graph.output(name, given[name]!)
  if (loss) layers.graph.output('loss', loss)
  for (const path of new Set(taps)) layers.graph.output(path, tapped(layers, spec, path))
  return layers.graph.build()
}

/** Names of the outputs that a head gives out: in training its figures, if it has some. */
export function givenBy({ figures, outputs }: ModelHead, mode: Mode): readonly string[] {
  return mode === 'training' && figures ? figures.names : outputs
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
