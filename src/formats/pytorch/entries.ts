/**
 * The entries of a saved file that may be weights: dictionaries of tensors and whole modules, wherever they stand in
 * the value. Objects that refer to each other are visited once.
 */
import type { Budget } from '../../util/budget.js'
import type { Entry } from '../entry.js'
import { Inert } from './inert.js'
import { StridedTensor } from './strided-tensor.js'

/** Entries deeper than this are not looked at. */
const DEEPEST = 24

/** Fields of a module that its entry has. */
const ownFields = new Set(['_parameters', '_buffers', '_modules'])
/** Smaller entries are compared with none. */
const LEAST_TWINS = 4

/** An entry of a saved file. */
export interface SavedEntry extends Entry {
  readonly tensors: ReadonlyMap<string, StridedTensor>
}

/** All entries of a value with at least one tensor, those outside first. */
export function entriesOf(value: unknown, budget: Budget): SavedEntry[] {
  const found: SavedEntry[] = []
  const seen = new Set<object>()
  const visit = (node: unknown, path: string, depth: number): void => {
    if (typeof node !== 'object' || node === null || seen.has(node) || depth > DEEPEST) return
    seen.add(node)
    budget.values()
    const module = isModule(node)
    const entry = module ? moduleEntry(node, path, budget) : dictionaryEntry(node, path, budget)
    if (entry) found.push(entry)
    for (const [key, inner] of childrenOf(node)) {
      if (module && typeof key === 'string' && ownFields.has(key)) continue
      if (typeof inner === 'object' && inner !== null) visit(inner, joined(path, key), depth + 1)
    }
  }
  visit(value, '', 0)
  budget.tensors(found.reduce((sum, { tensors }) => sum + tensors.size, 0))
  return withoutTwins(found)
}

/** A module and its own state dict hold the same numbers: one of them is enough. */
function withoutTwins(entries: readonly SavedEntry[]): SavedEntry[] {
  const seen = new Set<string>()
  return entries.filter(({ tensors }) => {
    if (tensors.size < LEAST_TWINS) return true
    const text = [...tensors.values()].map(({ storage, shape }) => `${storage.key} ${storage.offset} ${shape}`).join()
    const isNew = !seen.has(text)
    seen.add(text)
    return isNew
  })
}

/** The values inside a value, each with its key. */
export function childrenOf(node: unknown): Iterable<[unknown, unknown]> {
  if (node instanceof Map) return node
  if (node instanceof Inert) return [...node.state, ...(node.args ?? []).entries()]
  return Array.isArray(node) ? node.entries() : []
}

function joined(path: string, key: unknown): string {
  const word = typeof key === 'string' || typeof key === 'number' ? String(key) : '?'
  return path === '' ? word : `${path}/${word}`
}

function dictionaryEntry(node: object, path: string, budget: Budget): SavedEntry | undefined {
  const map = node instanceof Inert ? node.state : node
  if (!(map instanceof Map)) return undefined
  const tensors = new Map<string, StridedTensor>()
  const inert = new Map<string, string>()
  for (const [name, value] of map) {
    if (typeof name !== 'string') continue
    if (value instanceof StridedTensor) {
      budget.name(name, 'a tensor')
      tensors.set(name, value)
    } else if (value instanceof Inert && value.args !== undefined && name.includes('.')) inert.set(name, value.name)
  }
  budget.values(tensors.size)
  return tensors.size > 0 || inert.size > 0 ? { path, tensors, inert } : undefined
}

/** A whole module, as `torch.save(model)` writes it, is an object with these three dictionaries. */
function isModule(node: unknown): node is Inert {
  return (
    node instanceof Inert && node.state.get('_modules') instanceof Map && node.state.get('_parameters') instanceof Map
  )
}

/** Its tensors by the names that its state dict would have. Undefined if it has none. */
function moduleEntry(module: Inert, path: string, budget: Budget): SavedEntry | undefined {
  const tensors = new Map<string, StridedTensor>()
  const inert = new Map<string, string>()
  const seen = new Set<Inert>()
  const add = (node: Inert, prefix: string): void => {
    seen.add(node)
    budget.name(prefix, 'a module')
    const left = node.state.get('_non_persistent_buffers_set')
    const notSaved = new Set(Array.isArray(left) ? left : [])
    for (const field of ['_parameters', '_buffers']) {
      const map = node.state.get(field)
      if (!(map instanceof Map)) continue
      budget.values(map.size)
      for (const [name, value] of map) {
        if (typeof name !== 'string' || (field === '_buffers' && notSaved.has(name))) continue
        if (value instanceof StridedTensor) tensors.set(prefix + name, value)
        else if (value instanceof Inert) inert.set(prefix + name, value.name)
      }
    }
    const children = node.state.get('_modules')
    if (!(children instanceof Map)) return
    for (const [name, child] of children) {
      budget.values()
      if (typeof name === 'string' && child instanceof Inert && !seen.has(child)) add(child, `${prefix}${name}.`)
    }
  }
  add(module, '')
  for (const name of tensors.keys()) budget.name(name, 'a tensor')
  return tensors.size > 0 ? { path, tensors, inert, made: module.name } : undefined
}
