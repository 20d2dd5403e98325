/**
 * Finds the network of tensors whose names say nothing, by the order in which they were saved. A match proves little:
 * the file must fit exactly one known network, and the result stays marked as unproven.
 */
import { placedBlocks, projects } from '../../spec/blocks.js'
import { type PresetName, preset, presetsFor } from '../../spec/presets.js'
import type { ClassifierHead, NetworkSpec } from '../../spec/spec.js'
import { ConfigError, DataError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'
import { type Shape, sameShape } from '../../util/shape.js'
import type { StateDict, StoredTensor } from '../stored-tensor.js'
import { keyMaps, namedParameters } from './key-maps.js'
import { natural } from './parts.js'

/** Tensors by torchvision's names, and the name in the file of each. */
export interface Matched {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly mapping: readonly (readonly [inFile: string, name: string])[]
}

/** PyTorch saves the tensors of a layer in this order. */
const words = ['weight', 'bias', 'running_mean', 'running_var']

/**
 * Names tensors by their order.
 * @param arch the network that is meant; default: all that are known are tried
 * @throws DataError if no known network fits, or several do, with their names
 */
export function matchOrder(tensors: StateDict, who: string, arch: PresetName | undefined): Matched {
  const own = [...tensors].filter(([name, { shape }]) => !name.endsWith('num_batches_tracked') && shape.length > 0)
  const shapes = own.map(([, { shape }]) => shape)
  const first = shapes.find((shape) => shape.length === 4)
  const last = shapes.findLast((shape) => shape.length === 2)
  const found = new Map<PresetName, readonly string[]>()
  for (const name of arch === undefined ? presetsFor('classify') : [arch]) {
    if (!first || !last) break
    const spec = specOf(name, first[1]!, last[0]!)
    if (!spec || tensorsOf(spec) !== own.length) continue
    const expected = inOrder(spec)
    if (expected.every(([, shape], i) => sameShape(shape, shapes[i]!)))
      found.set(
        name,
        expected.map(([name]) => name),
      )
  }
  const [match, ...more] = found
  if (!match)
    throw new DataError(
      `${who}: its ${own.length} tensors fit no known network in their order${arch === undefined ? '' : `, which ${arch} was to be`}; rename them as torchvision's ResNets have them`,
    )
  if (more.length > 0)
    throw new DataError(
      `${who}: in their order its tensors fit ${found.size} networks: ${[...found.keys()].join(', ')}; name one with arch (--arch on the command line)`,
    )
  const names = match[1]
  return {
    tensors: new Map(own.map(([, tensor], i) => [names[i]!, tensor])),
    mapping: own.map(([name], i) => [printable(name, 80), names[i]!]),
  }
}

/** @throws ConfigError for files that keep no order */
export function expectOrder(form: string, who: string): never {
  throw new ConfigError(
    `${who}: match order is for files of torch.save, which keep the order of their tensors; ${form} files do not`,
  )
}

/** A known network on so many channels; undefined for heads that do not classify. */
function specOf(name: PresetName, channels: number, classes: number): NetworkSpec<ClassifierHead> | undefined {
  if (classes < 2) return undefined
  const usual = preset(name, { classes })
  if (usual.head.kind !== 'classifier') return undefined
  return { ...usual, input: { ...usual.input, channels } } as NetworkSpec<ClassifierHead>
}

/** Number of tensors of a network whose convolutions all have norms; others never fit. */
function tensorsOf(spec: NetworkSpec<ClassifierHead>): number {
  let count = spec.stem.reduce((sum, { kind }) => sum + (kind === 'conv' ? 1 : kind === 'norm' ? 4 : 0), 2)
  for (const block of placedBlocks(spec)) {
    count += block.spec.branch.length * (block.spec.norm === false ? 1 : 5)
    if (projects(block)) count += block.spec.order === 'pre' ? 1 : 5
  }
  return count + (spec.head.norm ? 4 : 0)
}

/** Names and shapes in the order of PyTorch: a block's branch, then its projection. */
function inOrder(spec: NetworkSpec<ClassifierHead>): (readonly [name: string, shape: Shape])[] {
  const isPre = spec.stages[0]?.blocks[0]?.order === 'pre'
  const key = (name: string): string => {
    const [, layer, word] = /^(.+)\.(\w+)$/.exec(name)!
    const part = layer!.startsWith('layer')
      ? `1 ${layer!}`
      : /^(conv1|bn\d)/.test(layer!)
        ? `0 ${layer!}`
        : layer === 'bn'
          ? '2'
          : '3'
    const placed = part.replace(/(conv|bn)(\d+)$/, (_, kind: string, number: string) => {
      return `a${number} ${(kind === 'conv') === isPre && part.startsWith('1') ? 1 : 0}`
    })
    return `${placed} ${words.indexOf(word!)}`
  }
  return namedParameters(spec, keyMaps.torchvision)
    .map(({ name, shape }) => [key(name), name, shape] as const)
    .sort(([a], [b]) => natural(a, b))
    .map(([, name, shape]) => [name, shape] as const)
}
