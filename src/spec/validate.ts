/**
 * Checks a spec that came from outside, for example from JSON, field by field. Every message starts with the path of
 * the part that is wrong and says what was expected and what was got.
 */

import { ConfigError, ShapeError } from '../util/errors.js'
import { shown } from '../util/printable.js'
import { placedBlocks, stemPaths } from './blocks.js'
import { blockPath, stagePath } from './paths.js'
import { gateKinds, type NetworkSpec, orders, pictureShortcuts, type StemLayer, shortcuts } from './spec.js'

const stemKinds: readonly StemLayer['kind'][] = ['conv', 'norm', 'relu', 'maxPool', 'averagePool']

/**
 * The value as a spec, unchanged. Throws a ConfigError at the first field that is missing, unknown or without meaning,
 * a ShapeError where widths cannot fit together.
 */
export function validateSpec(value: unknown): NetworkSpec {
  const spec = fields(value, 'spec', ['format', 'name', 'input', 'stem', 'stages', 'head'])
  if (spec.format !== 1)
    throw new ConfigError(`spec: format must be 1, got ${got(spec.format)}; a newer format needs a newer resnet.ts`)
  if (typeof spec.name !== 'string' || spec.name === '') wrong('spec', 'name', 'a text that is not empty', spec.name)
  const input = fields(spec.input, 'input', ['channels', 'height', 'width'])
  for (const name of ['channels', 'height', 'width']) whole(input, 'input', name, 1)
  checkStem(spec.stem)
  list(spec.stages, 'spec', 'stages', 0).forEach(checkStage)
  checkHead(spec.head)
  const checked = value as NetworkSpec // every field has been looked at above
  checkWidths(checked)
  return checked
}

function checkHead(value: unknown): void {
  if (object(value, 'head').kind === undefined) {
    const head = fields(value, 'head', ['norm', 'relu', 'classes'])
    flag(head, 'head', 'norm')
    if (head.relu !== undefined) flag(head, 'head', 'relu')
    whole(head, 'head', 'classes', 2)
    return
  }
  const head = fields(value, 'head', ['kind', 'enlarge', 'shortcut', 'bias'])
  oneOf(head, 'head', 'kind', ['picture'])
  oneOf(head, 'head', 'shortcut', pictureShortcuts)
  flag(head, 'head', 'bias')
  const enlarge = whole(head, 'head', 'enlarge', 1)
  if (enlarge > 4) wrong('head', 'enlarge', 'a whole number from 1 to 4', enlarge)
  if (head.shortcut === 'input' && enlarge > 1)
    throw new ConfigError(
      `head: what came in cannot be added to a picture ${enlarge} times as large; set enlarge to 1, or shortcut to "stem"`,
    )
}

function checkStem(value: unknown): void {
  const layers = list(value, 'spec', 'stem', 0).map((layer, index) => {
    const path = `stem, layer ${index + 1}`
    const stated = object(layer, path)
    oneOf(stated, path, 'kind', stemKinds)
    return stated as Fields & { kind: StemLayer['kind'] }
  })
  const paths = stemPaths(layers)
  layers.forEach((layer, index) => {
    const path = paths[index]!
    if (layer.kind === 'conv') {
      checkConv(layer, path, ['stride'])
      if (layer.stride !== undefined) whole(layer, path, 'stride', 1)
    } else if (layer.kind === 'maxPool' || layer.kind === 'averagePool') checkPool(layer, path)
    else fields(layer, path, ['kind'])
  })
}

function checkPool(layer: Fields, path: string): void {
  fields(layer, path, ['kind', 'kernel', 'stride', 'padding'])
  const kernel = whole(layer, path, 'kernel', 1)
  whole(layer, path, 'stride', 1)
  if (whole(layer, path, 'padding', 0) * 2 > kernel)
    wrong(path, 'padding', `at most half of the kernel, ${kernel}`, layer.padding)
}

function checkConv(layer: Fields, path: string, more: readonly string[] = []): void {
  fields(layer, path, ['kind', 'width', 'kernel', 'padding', 'dilation', 'groups', 'bias', ...more])
  whole(layer, path, 'width', 1)
  whole(layer, path, 'kernel', 1)
  if (layer.padding !== undefined) whole(layer, path, 'padding', 0)
  if (layer.dilation !== undefined) whole(layer, path, 'dilation', 1)
  if (layer.groups !== undefined) whole(layer, path, 'groups', 1)
  if (layer.bias !== undefined) flag(layer, path, 'bias')
}

function checkStage(value: unknown, index: number): void {
  const path = stagePath(index + 1)
  const stage = fields(value, path, ['blocks'])
  list(stage.blocks, path, 'blocks', 1).forEach((block, inStage) => {
    checkBlock(block, blockPath(index + 1, inStage + 1))
  })
}

const blockFields = [
  ...['branch', 'stride', 'strideIn', 'order', 'shortcut', 'activateBeforeSplit'],
  ...['norm', 'branchScale', 'shortcutScale', 'shortcutDropout', 'gate'],
]

function checkBlock(value: unknown, path: string): void {
  const block = fields(value, path, blockFields)
  const branch = list(block.branch, path, 'branch', 1)
  branch.forEach((value, index) => {
    const layerPath = `${path}.conv${index + 1}`
    const layer = object(value, layerPath)
    oneOf(layer, layerPath, 'kind', ['conv'])
    checkConv(layer, layerPath)
  })
  whole(block, path, 'stride', 1)
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

/** What is done to branch and shortcut where they meet needs both. */
function checkMeeting(block: Fields, path: string): void {
  for (const name of ['branchScale', 'shortcutScale', 'shortcutDropout', 'gate']) {
    const value = block[name]
    if (value === undefined) continue
    if (name === 'gate') checkGate(value, `${path}.gate`)
    else if (!Number.isFinite(value)) wrong(path, name, 'a finite number', value)
    else if (name === 'shortcutDropout' && !(Number(value) >= 0 && Number(value) < 1))
      wrong(path, name, 'a probability in [0, 1)', value)
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
  if (!Number.isFinite(gate.bias)) wrong(path, 'bias', 'a finite number', gate.bias)
}

/** Zero channels can be added, not taken away. */
function checkWidths(spec: NetworkSpec): void {
  for (const { path, spec: block, inputWidth, width } of placedBlocks(spec))
    if (block.shortcut === 'pad' && width < inputWidth)
      throw new ShapeError(
        `${path}: a pad shortcut cannot narrow ${inputWidth} channels to ${width}; ` +
          'use the shortcut project-on-change, or a branch that ends at least as wide',
      )
}

type Fields = Readonly<Record<string, unknown>>

function object(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigError(`${path}: expected an object, got ${got(value)}`)
  return value as Fields
}

/** The value as an object that has no other fields than these. */
function fields(value: unknown, path: string, names: readonly string[]): Fields {
  const stated = object(value, path)
  const unknown = Object.keys(stated).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new ConfigError(`${path}: there is no field ${got(unknown)}; the fields are ${names.join(', ')}`)
  return stated
}

function list(value: unknown, path: string, name: string, least: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length < least)
    wrong(path, name, least === 0 ? 'a list' : `a list of at least ${least}`, value)
  return value
}

function whole(stated: Fields, path: string, name: string, least: number): number {
  const value = stated[name]
  if (!Number.isSafeInteger(value) || (value as number) < least)
    wrong(path, name, `a whole number of at least ${least}`, value)
  return value as number
}

function flag(stated: Fields, path: string, name: string): void {
  if (typeof stated[name] !== 'boolean') wrong(path, name, 'true or false', stated[name])
}

function oneOf(stated: Fields, path: string, name: string, values: readonly string[]): void {
  const value = stated[name]
  if (typeof value !== 'string' || !values.includes(value))
    wrong(path, name, values.length === 1 ? got(values[0]) : `one of ${values.join(', ')}`, value)
}

function wrong(path: string, name: string, expected: string, value: unknown): never {
  throw new ConfigError(`${path}: ${name} must be ${expected}, got ${got(value)}`)
}

function got(value: unknown): string {
  const text = shown(value, 120)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
