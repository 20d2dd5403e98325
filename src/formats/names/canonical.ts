/**
 * Gives the tensors of a file torchvision's names, part by part. All else (depth, widths, kernels, biases) is in the
 * shapes: see `architecture.ts`.
 */
import type { StoredTensor } from '../stored-tensor.js'
import {
  besideWords,
  endWords,
  formOf,
  headWords,
  layerAndWord,
  natural,
  partOfBlock,
  placeOf,
  stemWords,
} from './parts.js'
import type { Peeled } from './peel.js'

/** The words of a file for some parts; undefined where it has none. */
export interface Style {
  /** The layer that classifies, for example `fc` or `head.fc`. */
  readonly head: string | undefined
  /** The first word of a shortcut, for example `downsample`. */
  readonly shortcut: string | undefined
  /** Whether the layers of a block have numbers for names, as in a list. */
  readonly lists: boolean
  /** Whether names are those of torchvision but for head and shortcut. */
  readonly usual: boolean
  /** Whether names are those of the library transformers. */
  readonly transformers: boolean
}

/** Tensors by torchvision's names. */
export interface Canonical {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** The names in the file, by those. Tensors of no known part keep theirs. */
  readonly names: ReadonlyMap<string, string>
  readonly style: Style
  /** Names in the file of parts that are beside the network. */
  readonly left: readonly string[]
  /** Names of the layers that are linear and come before the last one. */
  readonly hidden: readonly string[]
}

/** The tensors of one layer, by their last word. */
interface Layer {
  readonly name: string
  readonly tensors: Map<string, StoredTensor>
}

interface Block {
  readonly branch: Layer[]
  readonly shortcut: Layer[]
}

/** Takes the tensors apart into layers; those whose names end otherwise are strangers. */
function layersOf({ tensors }: Peeled): { layers: Map<string, Layer>; strangers: string[] } {
  const layers = new Map<string, Layer>()
  const strangers: string[] = []
  for (const [name, tensor] of tensors) {
    const found = layerAndWord(name)
    if (!found) {
      strangers.push(name)
      continue
    }
    const [layer, word] = found
    const known = layers.get(layer) ?? { name: layer, tensors: new Map<string, StoredTensor>() }
    layers.set(layer, known)
    known.tensors.set(word, tensor)
  }
  return { layers, strangers }
}

const inHead = ({ name }: Layer) => /^(fc|classif|head|linear)/i.test(name)
const formOfLayer = ({ name, tensors }: Layer) => formOf(tensors.get('weight')?.shape, name)
const isInOrder = (a: Layer, b: Layer) => natural(a.name, b.name)
const widthOf = ({ tensors }: Layer) => [...tensors.values()][0]?.shape[0]

/** Renames the tensors of a file whose prefixes are off. */
export function canonical(peeled: Peeled): Canonical {
  const { layers, strangers } = layersOf(peeled)
  const names = new Map<string, string>()
  const tensors = new Map<string, StoredTensor>()
  const left: string[] = []
  const nameInFile = (name: string) => peeled.names.get(name) ?? name
  const keep = (layer: Layer) => {
    for (const word of layer.tensors.keys()) strangers.push(`${layer.name}.${word}`)
  }
  const rename = (layer: Layer, to: string) => {
    if (tensors.has(`${to}.weight`) || tensors.has(`${to}.bias`)) return keep(layer)
    for (const [word, tensor] of layer.tensors) {
      tensors.set(`${to}.${word}`, tensor)
      names.set(`${to}.${word}`, nameInFile(`${layer.name}.${word}`))
    }
  }
  const blocks = new Map<string, Block>()
  const outside: Layer[] = []
  const stages = stageNumbers([...layers.keys()])
  let shortcut: string | undefined
  let lists = false
  let usual = true
  for (const layer of layers.values()) {
    const place = placeOf(layer.name)
    if (!place) {
      outside.push(layer)
      continue
    }
    const part = partOfBlock(place.inner)
    const stage = place.stage - stages.stage + 1
    const block = place.block - stages.block
    if (!part || stage > layers.size || block > layers.size) {
      keep(layer)
      continue
    }
    const where = `layer${stage}.${block}`
    if (part === 'shortcut') shortcut ??= place.inner.replace(/\.(\d+|conv|bn|norm|convolution|normalization)$/, '')
    else if (/\d$/.test(place.inner) && place.inner.includes('.')) lists = true
    if (!layer.name.startsWith(`${where}.`)) usual = false
    const own = blocks.get(where) ?? { branch: [], shortcut: [] }
    blocks.set(where, own)
    own[part].push(layer)
  }
  for (const [where, block] of blocks) renameBlock(where, block, rename, keep)
  const ends = renameEnds(outside, tensors, { rename, keep })
  for (const name of ends.beside) left.push(nameInFile(name))
  for (const name of strangers) {
    const own = peeled.tensors.get(name)!
    // A stranger never takes the name of a part.
    const free = tensors.has(name) ? `${name} (unknown)` : name
    tensors.set(free, own)
    names.set(free, nameInFile(name))
  }
  const style: Style = {
    head: ends.head,
    shortcut,
    lists,
    usual,
    transformers: layers.has('embedder.embedder.convolution'),
  }
  return { tensors, names, style, left, hidden: ends.hidden.map(nameInFile) }
}

/** The numbers with which a file begins to count stages and blocks. */
function stageNumbers(layers: readonly string[]): { stage: number; block: number } {
  let [stage, block] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  let fromTwo = false
  for (const layer of layers) {
    const place = placeOf(layer)
    if (!place) continue
    stage = Math.min(stage, place.stage)
    block = Math.min(block, place.block)
    fromTwo ||= /^(res|conv)/.test(layer)
  }
  return { stage: fromTwo && stage === 2 ? 2 : Math.min(stage, 1), block: Math.min(block, 1) }
}

type Rename = (layer: Layer, to: string) => void
type Keep = (layer: Layer) => void

function renameBlock(where: string, { branch, shortcut }: Block, rename: Rename, keep: Keep): void {
  for (const form of ['conv', 'norm'] as const) {
    const own = branch.filter((layer) => formOfLayer(layer) === form).sort(isInOrder)
    const word = form === 'conv' ? 'conv' : 'bn'
    for (const [index, layer] of own.entries()) {
      // Names that are numbered stay so, even if one of them is missing.
      const [, number] = /\.(?:conv|bn|norm)_?([1-9])$/.exec(layer.name) ?? []
      rename(layer, `${where}.${word}${number ?? index + 1}`)
    }
    for (const [index, layer] of shortcut
      .filter((layer) => formOfLayer(layer) === form)
      .sort(isInOrder)
      .entries())
      if (index === 0) rename(layer, `${where}.downsample.${form === 'conv' ? 0 : 1}`)
      else keep(layer)
  }
  for (const layer of [...branch, ...shortcut]) if (formOfLayer(layer) === 'linear') keep(layer)
}

interface Ends {
  readonly head: string | undefined
  readonly hidden: readonly string[]
  readonly beside: readonly string[]
}

/** The layers outside all blocks: the stem before them, a norm and what classifies after them. */
function renameEnds(
  outside: readonly Layer[],
  tensors: ReadonlyMap<string, StoredTensor>,
  { rename, keep }: { readonly rename: Rename; readonly keep: Keep },
): Ends {
  const beside: string[] = []
  const own = outside.filter((layer) => {
    if (
      !besideWords.test(layer.name) &&
      (headWords.test(layer.name) || stemWords.test(layer.name) || endWords.test(layer.name))
    )
      return true
    if (besideWords.test(layer.name)) for (const word of layer.tensors.keys()) beside.push(`${layer.name}.${word}`)
    else keep(layer)
    return false
  })
  const of = (form: 'conv' | 'norm' | 'linear') => own.filter((layer) => formOfLayer(layer) === form)
  const convs = of('conv').filter((layer) => {
    const isStem = !headWords.test(layer.name)
    if (!isStem) keep(layer)
    return isStem
  })
  convs.sort(isInOrder)
  const linears = of('linear').filter((layer) => {
    const isHead = headWords.test(layer.name)
    if (!isHead) keep(layer)
    return isHead
  })
  const stemWidth = convs.at(-1)?.tensors.get('weight')?.shape[0]
  const last = lastWidth(tensors)
  const norms = of('norm')
  const isEnd = (layer: Layer) => {
    const width = widthOf(layer)
    if (width === stemWidth && width !== last) return false
    if (width === last && width !== stemWidth) return true
    return norms.length > convs.length && /post|last|final|end|^bn$|^norm$/i.test(layer.name)
  }
  const [end, ...more] = norms.filter((layer) => isEnd(layer) && !inHead(layer))
  if (end) rename(end, 'bn')
  for (const layer of more) keep(layer)
  // A norm that stands apart follows all convolutions of a list.
  const apart = ({ name }: Layer) => (name.includes('.') ? 0 : 1)
  const stemNorms = norms.filter((layer) => !isEnd(layer) && !inHead(layer))
  stemNorms.sort((a, b) => apart(a) - apart(b) || isInOrder(a, b))
  for (const layer of norms) if (inHead(layer)) keep(layer)
  for (const [index, layer] of convs.entries()) rename(layer, convs.length === 1 ? 'conv1' : `conv1.${3 * index}`)
  for (const [index, layer] of stemNorms.entries())
    rename(layer, index === convs.length - 1 ? 'bn1' : convs.length === 1 ? `bn${index + 1}` : `conv1.${3 * index + 1}`)
  linears.sort(isInOrder)
  const head = linears.at(-1)
  if (head) rename(head, 'fc')
  const hidden = linears.slice(0, -1)
  const [only] = hidden
  if (only && head && hidden.length === 1 && haveReluBetween(only.name, head.name)) {
    rename(only, 'head.hidden')
    return { head: head.name, hidden: [], beside }
  }
  for (const layer of hidden) keep(layer)
  return { head: head?.name, hidden: hidden.map(({ name }) => name), beside }
}

/** Whether two layers are not neighbours in one list: an activation stands between them. */
function haveReluBetween(first: string, second: string): boolean {
  const [a, b] = [first, second].map((name) => /^(.*?)(\d+)$/.exec(name))
  return !a || !b || a[1] !== b[1] || !first.includes('.') || Number(b[2]) - Number(a[2]) > 1
}

/** Channels of the last block. */
function lastWidth(tensors: ReadonlyMap<string, StoredTensor>): number | undefined {
  let [place, width] = ['', undefined as number | undefined]
  for (const [name, { shape }] of tensors) {
    if (shape.length !== 4 || !/^layer\d+\.\d+\.conv\d+\.weight$/.test(name) || natural(name, place) < 0) continue
    place = name
    width = shape[0]
  }
  return width
}
