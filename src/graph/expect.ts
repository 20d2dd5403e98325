/** Checks the graphs, values and builders that public functions are given. */
import { expectKind, isRecord, type Kind, kind, listOf, map } from '../util/expect.js'
import type { Attributes, Graph, InputRole, TensorType, Value } from './graph.js'

const roles: readonly InputRole[] = ['data', 'scalar', 'parameter', 'buffer', 'optimizer']

export const tensorType = kind<TensorType>('the type of a tensor, such as f32(2, 3)', (given) => {
  if (!isRecord(given) || !Array.isArray(given.shape)) return false
  return (given.dtype === 'f32' || given.dtype === 'i32') && given.shape.every((size) => typeof size === 'number')
})

export const value = kind<Value>('a value of a graph, such as emit() gives', (given) => {
  return isRecord(given) && Number.isSafeInteger(given.id) && tensorType.fits(given.type)
})

export const values = listOf(value, 'a list of values of a graph')

const isPlainData = (given: unknown): boolean =>
  Array.isArray(given) ? given.every(isPlainData) : ['number', 'boolean', 'string'].includes(typeof given)

export const attributes = kind<Attributes>('attributes: numbers, texts, true or false, and lists of them', (given) => {
  return isRecord(given) && Object.values(given).every((one) => one === undefined || isPlainData(one))
})

export const role = kind<InputRole>(`one of ${roles.join(', ')}`, (given) => roles.includes(given as InputRole))

const isInput = (given: unknown) =>
  isRecord(given) && typeof given.name === 'string' && role.fits(given.role) && value.fits(given.value)
const isOutput = (given: unknown) => isRecord(given) && typeof given.name === 'string' && value.fits(given.value)
const isUpdate = (given: unknown) => isRecord(given) && value.fits(given.target) && value.fits(given.source)
const isNode = (given: unknown) =>
  isRecord(given) &&
  typeof given.op === 'string' &&
  typeof given.path === 'string' &&
  attributes.fits(given.attributes) &&
  values.fits(given.inputs) &&
  values.fits(given.outputs)
const every = (given: unknown, fits: (one: unknown) => boolean) => Array.isArray(given) && given.every(fits)

export const graph = kind<Graph>('a graph, such as GraphBuilder.build() gives', (given) => {
  if (!isRecord(given)) return false
  const { inputs, nodes, outputs, updates } = given
  return every(inputs, isInput) && every(nodes, isNode) && every(outputs, isOutput) && every(updates, isUpdate)
})

/**
 * Checks a `Map` and its entries.
 * @throws ConfigError naming the argument
 */
export function expectMap<K, V>(
  given: unknown,
  who: string,
  [keys, entries]: readonly [Kind<K>, Kind<V>],
): asserts given is ReadonlyMap<K, V> {
  expectKind(given, who, map)
  for (const [key, entry] of given) {
    expectKind(key, `${who}: key`, keys)
    expectKind(entry, who, entries)
  }
}
