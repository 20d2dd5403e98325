/**
 * Checks a spec from outside, for example from JSON, field by field. Every message starts with the path of the wrong
 * part and says what was expected and what was found. Numbers have bounds, because a spec comes with a file of weights,
 * and the program allocates memory and runs loops by its numbers.
 */

import { ConfigError, ShapeError } from '../util/errors.js'
import { isRecord } from '../util/expect.js'
import { mostSteps } from '../util/shape.js'
import { paddingOf, placedBlocks, stemPaths } from './blocks.js'
import { type Fields, fields, flag, got, list, number, object, oneOf, whole, wrong } from './fields.js'
import { type SpecHeads, specHeadOf, specHeads } from './heads/index.js'
import { givenLayers, type SpecLayers } from './own-layers.js'
import { blockPath, stagePath } from './paths.js'
import {
  type AnyHead,
  type ConvLayer,
  gateKinds,
  type HeadKind,
  type HeadSpec,
  type NetworkSpec,
  orders,
  type StemLayer,
  shortcuts,
} from './spec.js'

const stemKinds: readonly StemLayer['kind'][] = ['conv', 'norm', 'relu', 'maxPool', 'averagePool']

/** Bounds of numbers that nothing else in a spec limits. */
const most = {
  name: 200,
  /** Height and width of pictures. */
  side: 65_536,
  channels: 1_048_576,
  stem: 1_000,
  /** Layers in all branches together: four times as many as in the deepest of the papers' nets. */
  layers: 5_000,
  scale: 1e30,
}

/**
 * Checks that a value is a spec and returns it. Completes specs of older versions: a head without a kind is a
 * classifier. The second argument is the kind of head that the spec must have, the third the table of known kinds (by
 * default those of this package).
 * @throws ConfigError at the first field that is missing, unknown, invalid or out of bounds (docs/specs.md lists them);
 * ShapeError if widths cannot fit together
 */
export function validateSpec(value: unknown): NetworkSpec
export function validateSpec<K extends HeadKind>(value: unknown, kind: K): NetworkSpec<Extract<HeadSpec, { kind: K }>>
export function validateSpec(value: unknown, kind: string | undefined, heads: SpecHeads): NetworkSpec
export function validateSpec(value: unknown, kind?: string, heads: SpecHeads = specHeads): NetworkSpec {
  const spec = completed(value)
  checkSpec(spec, heads)
  if (kind !== undefined) oneOf({ ...spec.head }, 'head', 'kind', [kind])
  return spec
}

/** Adds the kind of the head, which specs of older versions leave out for classifiers. */
function completed(value: unknown): unknown {
  const head = isRecord(value) ? value.head : undefined
  if (!isRecord(head) || head.kind !== undefined) return value
  return { ...(value as object), head: { kind: 'classifier', ...head } }
}

/** The same for a complete spec. */
export function checkSpec(value: unknown, heads: SpecHeads = specHeads): asserts value is NetworkSpec {
  const spec = fields(value, 'spec', ['format', 'name', 'input', 'stem', 'stages', 'head'])
  if (spec.format !== 1)
    throw new ConfigError(`spec: format must be 1, got ${got(spec.format)}; a newer format needs a newer resnet.ts`)
  if (typeof spec.name !== 'string' || spec.name === '') wrong('spec', 'name', 'a text that is not empty', spec.name)
  if (spec.name.length > most.name)
    wrong('spec', 'name', `a text of at most ${most.name} characters`, spec.name, `one of ${spec.name.length}`)
  const input = fields(spec.input, 'input', ['channels', 'height', 'width'])
  whole(input, 'input', 'channels', 1, most.channels)
  const sides = ['height', 'width'].map((name) => whole(input, 'input', name, 1, most.side))
  const steps = mostSteps(Math.max(...sides))
  const head = object(spec.head, 'head') as Fields & AnyHead
  checkStem(spec.stem, steps)
  checkStages(spec.stages, steps, () => specHeadOf(head, heads).layers)
  specHeadOf(head, heads).check(head)
  const checked = value as NetworkSpec // every field is checked above
  checkWidths(checked)
}

function checkStem(value: unknown, steps: number): void {
  const layers = list(value, 'spec', 'stem', 0, most.stem).map((layer, index) => {
    const path = `stem, layer ${index + 1}`
    const stated = object(layer, path)
    oneOf(stated, path, 'kind', stemKinds)
    return stated as Fields & { kind: StemLayer['kind'] }
  })
  const paths = stemPaths(layers)
  layers.forEach((layer, index) => {
    const path = paths[index]!
    if (layer.kind === 'conv') {
      checkConv(layer, path, steps, ['stride'])
      if (layer.stride !== undefined) whole(layer, path, 'stride', 1, steps)
    } else if (layer.kind === 'maxPool' || layer.kind === 'averagePool') checkPool(layer, path, steps)
    else fields(layer, path, ['kind'])
  })
}

function checkPool(layer: Fields, path: string, steps: number): void {
  fields(layer, path, ['kind', 'kernel', 'stride', 'padding'])
  const kernel = whole(layer, path, 'kernel', 1, steps)
  whole(layer, path, 'stride', 1, steps)
  if (whole(layer, path, 'padding', 0) * 2 > kernel)
    wrong(path, 'padding', `at most half of the kernel, ${kernel}`, layer.padding)
}

function checkConv(layer: Fields, path: string, steps: number, more: readonly string[] = []): void {
  fields(layer, path, ['kind', 'width', 'kernel', 'padding', 'dilation', 'groups', 'bias', ...more])
  const width = whole(layer, path, 'width', 1, most.channels)
  const kernel = whole(layer, path, 'kernel', 1, steps)
  if (layer.padding !== undefined) whole(layer, path, 'padding', 0, steps)
  const dilation = layer.dilation === undefined ? 1 : whole(layer, path, 'dilation', 1, steps)
  if (layer.groups !== undefined) whole(layer, path, 'groups', 1, width)
  if (layer.bias !== undefined) flag(layer, path, 'bias')
  checkReach(paddingOf(layer as unknown as ConvLayer), dilation * (kernel - 1) + 1, path, steps)
}

/** Beyond its reach a kernel would see only padding. */
function checkReach(padding: number, reach: number, path: string, steps: number): void {
  if (padding > reach) wrong(path, 'padding', `at most the reach of the kernel, ${reach}`, padding)
  if (padding > steps)
    throw new ConfigError(
      `${path}: dilation and kernel make a padding of ${padding}, which must be at most ${steps}; ` +
        'make one of them smaller, or give the padding',
    )
}

/** @param layersOf gives the table of layers of your own */
function checkStages(value: unknown, steps: number, layersOf: () => SpecLayers | undefined): void {
  let layers = 0
  const add = (count: number, path: string) => {
    layers += count
    if (layers > most.layers)
      throw new ConfigError(
        `${path}: with this part the blocks have ${layers} layers or more, but at most ${most.layers} are allowed; leave some out`,
      )
  }
  const stages = list(value, 'spec', 'stages', 0, most.layers).map((value, index) => {
    const path = stagePath(index + 1)
    const blocks = list(fields(value, path, ['blocks']).blocks, path, 'blocks', 1, most.layers)
    add(blocks.length, path)
    return blocks
  })
  layers = 0
  stages.forEach((blocks, stage) => {
    blocks.forEach((block, index) => {
      const path = blockPath(stage + 1, index + 1)
      checkBlock(block, path, steps, layersOf, add)
    })
  })
}

const blockFields = [
  ...['branch', 'stride', 'strideIn', 'order', 'shortcut', 'activateBeforeSplit'],
  ...['norm', 'branchScale', 'shortcutScale', 'shortcutDropout', 'gate'],
]

/** @param add adds the branch's layers to the count of all blocks */
function checkBlock(
  value: unknown,
  path: string,
  steps: number,
  layersOf: () => SpecLayers | undefined,
  add: (layers: number, path: string) => void,
): void {
  const block = fields(value, path, blockFields)
  const branch = list(block.branch, path, 'branch', 1, most.layers)
  add(branch.length, path)
  branch.forEach((value, index) => {
    const layerPath = `${path}.conv${index + 1}`
    const layer = object(value, layerPath)
    oneOf(layer, layerPath, 'kind', ['conv'])
    checkConv(layer, layerPath, steps, ['after'])
    const after = `${layerPath}.after`
    if (layer.after !== undefined) givenLayers(layersOf(), after).check(layer.after, after)
  })
  whole(block, path, 'stride', 1, steps)
  if (whole(block, path, 'strideIn', 0) >= branch.length)
    wrong(path, 'strideIn', `below the number of layers in the branch, ${branch.length}`, block.strideIn)
  oneOf(block, path, 'order', orders)
  oneOf(block, path, 'shortcut', shortcuts)
  if (block.norm !== undefined) flag(block, path, 'norm')
  checkMeeting(block, path)
  if (block.activateBeforeSplit === undefined) return
  flag(block, path, 'activateBeforeSplit')
  if (block.activateBeforeSplit && block.order !== 'pre' && block.order !== 'relu-pre')
    throw new ConfigError(
      `${path}: activateBeforeSplit is for pre-activation blocks; leave it out, or set order to "pre"`,
    )
}

/** An operation where branch and shortcut meet needs both. */
function checkMeeting(block: Fields, path: string): void {
  for (const name of ['branchScale', 'shortcutScale', 'shortcutDropout', 'gate']) {
    const value = block[name]
    if (value === undefined) continue
    if (name === 'gate') checkGate(value, `${path}.gate`)
    else if (name !== 'shortcutDropout') number(block, path, name, most.scale)
    else if (!Number.isFinite(value)) wrong(path, name, 'a finite number', value)
    else if (!(Number(value) >= 0 && Number(value) < 1)) wrong(path, name, 'a probability in [0, 1)', value)
    const few = block.shortcut === 'none' || (block.shortcut === 'noise' && !name.endsWith('Scale'))
    if (few)
      throw new ConfigError(
        `${path}: ${name} is for blocks that have a shortcut; leave it out, or set shortcut to "pad"`,
      )
  }
}

function checkGate(value: unknown, path: string): void {
  const gate = fields(value, path, ['kind', 'bias'])
  oneOf(gate, path, 'kind', gateKinds)
  number(gate, path, 'bias', most.scale)
}

/** Zero channels can be added, but not removed. */
function checkWidths(spec: NetworkSpec): void {
  for (const { path, spec: block, inputWidth, width } of placedBlocks(spec))
    if (block.shortcut === 'pad' && width < inputWidth)
      throw new ShapeError(
        `${path}: a pad shortcut cannot narrow ${inputWidth} channels to ${width}; ` +
          'use the shortcut project-on-change, or a branch that ends at least as wide',
      )
}
