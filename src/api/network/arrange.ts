/** Reorders or removes the blocks of a trained network: lesions and shuffles. [Veit 2016, §4] */
import { expectNetwork } from '../../formats/expect-network.js'
import type { Tensor, TrainedNetwork } from '../../formats/trained-network.js'
import { type PlacedBlock, passesInput, placedBlocks } from '../../spec/blocks.js'
import { type BlockPath, blockPath } from '../../spec/paths.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { movedPath } from '../../spec/surgery.js'
import { ConfigError, ShapeError } from '../../util/errors.js'
import { expectKind, listOf, text } from '../../util/expect.js'
import { withMovedWeights } from './surgery.js'

/**
 * The network with the blocks of `order` only, in that order. Weights move with their blocks, and each stage numbers
 * its blocks from 1 again. Blocks move within their stage. A block that changes sizes stays in its place. If it is left
 * out of `order`, its shortcut stays and its residual branch gives zeros, so that all shapes still fit. An order with
 * every block in its place gives the same network.
 * @param order paths of blocks, each at most once
 * @throws ConfigError for a block that does not exist or appears twice; ShapeError when the blocks do not fit together,
 * as in a plain net without a block that changes sizes
 */
export function arrangeBlocks(network: TrainedNetwork, order: readonly BlockPath[]): TrainedNetwork {
  expectNetwork(network, 'arrangeBlocks: network')
  expectKind(order, 'arrangeBlocks: order', listOf(text, 'a list of paths of blocks, such as stage2.block3'))
  const { spec, preprocessing, weights } = network
  const placed = new Map(placedBlocks(spec).map((block) => [block.path, block]))
  const wanted = new Set(order)
  if (wanted.size < order.length)
    throw new ConfigError(`${order.find((path, i) => order.indexOf(path) < i)}: this block stands in the order twice`)
  for (const path of order) if (!placed.has(path)) throw new ConfigError(`${path}: ${spec.name} has no such block`)

  const silent = new Set<BlockPath>()
  const stages = spec.stages.map((_, index) => {
    const own = [...placed.values()].filter(({ stage }) => stage === index + 1)
    const first = own.filter(({ changesSize }) => changesSize)
    for (const block of first) if (!wanted.has(block.path)) silent.add(silenced(block))
    const rest = order
      .map((path) => placed.get(path)!)
      .filter(({ stage, changesSize }) => stage === index + 1 && !changesSize)
    return [...first, ...rest]
  })
  const empty = stages.findIndex((blocks) => blocks.length === 0)
  if (empty >= 0)
    throw new ConfigError(`stage${empty + 1}: it would have no block left, and a stage needs at least one`)

  const kept = withSilentBranches(spec, weights, silent)
  const places = new Map(
    stages.flatMap((blocks, stage) =>
      blocks.map(({ path }, index) => [path, blockPath(stage + 1, index + 1)] as const),
    ),
  )
  const arranged = { ...spec, stages: stages.map((blocks) => ({ blocks: blocks.map((block) => block.spec) })) }
  return withMovedWeights({ spec, preprocessing, weights: kept }, arranged, (path) =>
    movedPath(path, (block) => places.get(block)),
  )
}

/**
 * Weights with zeros at the end of some residual branches. These blocks then compute their shortcuts alone. If the
 * shortcut is the identity, the network is the same as without the block.
 */
export function withSilentBranches(
  spec: NetworkSpec,
  weights: TrainedNetwork['weights'],
  gone: ReadonlySet<BlockPath>,
): Map<string, Tensor> {
  const silent = new Map(weights)
  for (const { path, spec: block } of placedBlocks(spec)) {
    if (!gone.has(path)) continue
    // A norm after the addition is not part of the branch: zeros there would silence the shortcut too.
    const last = block.order === 'norm-after-add' ? 'conv' : '(conv|norm)'
    const end = new RegExp(`^\\.${last}${block.branch.length}\\.(weight|bias|scale|shift)$`)
    for (const [name, value] of weights)
      if (name.startsWith(`${path}.`) && end.test(name.slice(path.length))) silent.set(name, zeros(value))
  }
  return silent
}

/** The last layer of a block's branch, whose weights become zeros. */
function silenced({ path, spec, inputWidth, width }: PlacedBlock): BlockPath {
  if (passesInput(spec)) return path
  throw new ShapeError(
    `${path}: it changes the width from ${inputWidth} to ${width} and has no shortcut that would remain; keep this block`,
  )
}

function zeros({ shape, data }: Tensor): Tensor {
  return { shape, data: new Float32Array(data.length) }
}
