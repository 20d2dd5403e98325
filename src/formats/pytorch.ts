/**
 * Reads the files of `torch.save`: the zip form (PyTorch 1.6 and later) and the legacy form before it. Their pickles
 * are read by a machine that runs nothing, see `pickle.ts`; it knows tensors, storages, dictionaries and lists.
 */

import { isZip, readZip, type ZipEntry } from '../util/archive/zip.js'
import { Budget } from '../util/budget.js'
import { printable } from '../util/printable.js'
import { type ElementType, elementBytes } from './elements.js'
import { Callable, type PickleWorld, unpickle } from './pickle.js'
import type { StateDict } from './stored-tensor.js'
import { Storage, StridedTensor } from './strided-tensor.js'

/** The classes of storages, by their names in PyTorch. */
const storageTypes: Readonly<Record<string, ElementType>> = {
  DoubleStorage: 'f64',
  FloatStorage: 'f32',
  HalfStorage: 'f16',
  BFloat16Storage: 'bf16',
  LongStorage: 'i64',
  IntStorage: 'i32',
  ShortStorage: 'i16',
  CharStorage: 'i8',
  ByteStorage: 'u8',
  BoolStorage: 'bool',
}

/** The class of a storage. It names the type of the elements. */
class StorageType {
  readonly element: ElementType

  constructor(element: ElementType) {
    this.element = element
  }
}

/** Keys under which training programs store the weights among other things. */
const wrappers = ['state_dict', 'model_state_dict', 'model', 'net', 'weights'] as const

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn
const LEGACY_PROTOCOL = 1001
/** The limit of a pickle's size, ten times that of the largest network. */
const MOST_PICKLE_BYTES = 1 << 25

/**
 * Reads the weights in a file of either form, by name, and says which form it is; undefined if the first bytes show
 * neither.
 * @throws DataError as `readPyTorchZip` does
 */
export async function readPyTorch(
  file: Uint8Array,
  who: string,
  signal?: AbortSignal,
): Promise<{ readonly weights: StateDict; readonly form: string } | undefined> {
  if (isZip(file)) return { weights: await readPyTorchZip(file, who, signal), form: 'PyTorch, zip form' }
  if (file[0] === 0x80) return { weights: readPyTorchLegacy(file, who), form: 'PyTorch, legacy form' }
  return undefined
}

/**
 * Reads the weights in a file, by name.
 * @param who the file's name, at the start of every error
 * @throws DataError if the file is damaged, holds no weights, or asks for anything but tensors and plain containers
 */
export async function readPyTorchZip(file: Uint8Array, who: string, signal?: AbortSignal): Promise<StateDict> {
  const budget = new Budget(who, file.length)
  const fail = failing(budget)
  const entries = readZip(file, who, budget)
  const [pickle, ...others] = [...entries.values()].filter(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name))
  if (!pickle || others.length > 0)
    return fail(
      'a zip archive, but none of torch.save: expected one data.pkl in it; unpack it, and name what is inside',
    )
  const prefix = pickle.name.slice(0, -'data.pkl'.length)
  if (entries.has(`${prefix}constants.pkl`))
    fail('a program (TorchScript), expected weights; save them alone, in PyTorch: torch.save(model.state_dict(), path)')
  if (pickle.size > MOST_PICKLE_BYTES)
    fail(`refused: its pickle has ${pickle.size} bytes, more than ${MOST_PICKLE_BYTES}`)
  const order = entries.get(`${prefix}byteorder`)
  if (order && new TextDecoder().decode(await order.read()).trim() !== 'little')
    fail('its numbers are big-endian, expected little-endian; save it on another machine')
  const storages = new Map<string, Storage>()
  const { value } = unpickle(await pickle.read(), 0, worldOf(storages, budget))
  await budget.breathe(signal)
  const weights = weightsIn(value, budget)
  for (const storage of storagesOf(weights)) {
    await budget.breathe(signal)
    await fillFromZip(storage, entries, prefix, fail)
  }
  return weights
}

/** Like `readPyTorchZip`, for the form before PyTorch 1.6: five pickles, then the storages one after the other. */
export function readPyTorchLegacy(file: Uint8Array, who: string): StateDict {
  const budget = new Budget(who, file.length)
  const fail = failing(budget)
  const storages = new Map<string, Storage>()
  const world = worldOf(storages, budget)
  let at = 0
  const next = () => {
    const { value, end } = unpickle(file, at, world)
    at = end
    return value
  }
  if (next() !== LEGACY_MAGIC)
    fail('a pickle, but none of torch.save; save the weights alone, in PyTorch: torch.save(model.state_dict(), path)')
  const protocol = next()
  if (protocol !== LEGACY_PROTOCOL) fail(`its protocol is ${shown(protocol)}, expected ${LEGACY_PROTOCOL}`)
  const system = next()
  if (!(system instanceof Map) || system.get('little_endian') !== true)
    fail('it does not say that its numbers are little-endian; save it on another machine')
  const value = next()
  const keys = next()
  if (!Array.isArray(keys)) return fail('damaged: it has no list of storages')
  for (const key of keys) {
    budget.values()
    const storage = typeof key === 'string' ? storages.get(key) : undefined
    if (!storage || storage.bytes) return fail(`damaged: storage ${shown(key)} belongs to no tensor`)
    at = fillFromStream(storage, file, at, fail)
  }
  const weights = weightsIn(value, budget)
  for (const { key, bytes } of storagesOf(weights)) if (!bytes) fail(`damaged: storage ${shown(key)} is missing`)
  return weights
}

type Fail = (what: string) => never

function failing(budget: Budget): Fail {
  return (what) => budget.fail(what)
}

/** All names that a file may use. Storages enter the map when they are first named. */
function worldOf(storages: Map<string, Storage>, budget: Budget): PickleWorld {
  const fail = failing(budget)
  const tensor = (name: string, count: number) =>
    new Callable(name, ([storage, offset, shape, strides, ...rest]) => {
      if (!(storage instanceof Storage) || rest.length < count - 4)
        return fail(`damaged: ${name} is called with arguments that make no tensor`)
      return StridedTensor.of(storage, offset, shape, strides, fail)
    })
  const globals = new Map<string, unknown>([
    ['torch._utils _rebuild_tensor', tensor('_rebuild_tensor', 4)],
    ['torch._utils _rebuild_tensor_v2', tensor('_rebuild_tensor_v2', 6)],
    ['torch._utils _rebuild_parameter', new Callable('_rebuild_parameter', ([data]) => data)],
    ['torch Size', new Callable('Size', ([sizes]) => sizes)],
    ['collections OrderedDict', new Callable('OrderedDict', (args) => dictionaryOf(args, budget))],
  ])
  for (const [name, element] of Object.entries(storageTypes)) globals.set(`torch ${name}`, new StorageType(element))
  return { globals, persistent: (id) => storageOf(id, storages, fail), budget }
}

/** Copies its pairs. The file may name them again and again; each copy counts against the budget. */
function dictionaryOf([pairs = []]: readonly unknown[], budget: Budget): Map<unknown, unknown> {
  if (Array.isArray(pairs)) budget.values(pairs.length)
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    return budget.fail('damaged: a dictionary is made of something that is no list of pairs')
  return new Map(pairs as [unknown, unknown][])
}

/** Reads `('storage', type, key, where, count)`, in the legacy form with a view `(key, offset, count)` or None. */
function storageOf(id: unknown, storages: Map<string, Storage>, fail: Fail): Storage {
  const [kind, type, key, , count, view = null] = Array.isArray(id) ? id : []
  if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string' || !isCount(count))
    return fail(`damaged: expected a storage, got ${shown(id)}`)
  const known = storages.get(key)
  if (known && (known.type !== type.element || known.count !== count))
    fail(`damaged: storage ${shown(key)} has two types or sizes`)
  const storage = known ?? new Storage(key, type.element, count)
  storages.set(key, storage)
  if (view === null) return storage
  const [, offset, length] = Array.isArray(view) ? view : []
  if (!isCount(offset) || !isCount(length) || offset + length > count)
    return fail(`damaged: a view reaches beyond storage ${shown(key)}`)
  return storage.view(offset, length)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** The dictionary of tensors in the value of a file: the value itself, or the part where programs usually store it. */
function weightsIn(value: unknown, budget: Budget): Map<string, StridedTensor> {
  const fail = failing(budget)
  if (!(value instanceof Map)) return fail(`expected a dictionary of tensors (a state_dict), got ${kindOf(value)}`)
  const candidates = [value, ...wrappers.map((name) => value.get(name))]
  for (const candidate of candidates) {
    const weights = tensorsOf(candidate, budget)
    if (weights.size > 0) return bounded(weights, budget)
  }
  const names = [...value.keys()].slice(0, 8).map((key) => shown(key))
  return fail(
    `no weights found: expected tensors by name, or a dictionary of them as ${wrappers.join(', ')}; got ${names.join(', ') || 'nothing'}`,
  )
}

function tensorsOf(value: unknown, budget: Budget): Map<string, StridedTensor> {
  const tensors = new Map<string, StridedTensor>()
  if (!(value instanceof Map)) return tensors
  for (const [name, tensor] of value)
    if (typeof name === 'string' && tensor instanceof StridedTensor) {
      budget.name(name, 'a tensor')
      tensors.set(name, tensor)
    }
  budget.tensors(tensors.size)
  return tensors
}

/** Tensors may share storages, but not so often that a small file needs all memory. */
function bounded(weights: Map<string, StridedTensor>, budget: Budget): Map<string, StridedTensor> {
  const most = 4 * storagesOf(weights).reduce((sum, { count }) => sum + count, 0)
  let numbers = 0
  for (const { length } of weights.values()) numbers += length
  if (numbers > most) budget.fail(`refused: its tensors hold ${numbers} numbers, its storages only ${most / 4}`)
  return weights
}

function storagesOf(weights: ReadonlyMap<string, StridedTensor>): Storage[] {
  return [...new Set([...weights.values()].map(({ storage }) => storage.root))]
}

async function fillFromZip(storage: Storage, entries: ReadonlyMap<string, ZipEntry>, prefix: string, fail: Fail) {
  const { key, type, count } = storage
  const entry = entries.get(`${prefix}data/${key}`)
  if (!entry) return fail(`damaged: storage ${shown(key)} is missing in the zip archive`)
  const expected = count * elementBytes[type]
  if (entry.size !== expected)
    fail(`damaged: storage ${shown(key)} has ${entry.size} bytes, expected ${expected} (${count} of ${type})`)
  storage.bytes = await entry.read()
}

/** Returns the byte after the storage. */
function fillFromStream(storage: Storage, file: Uint8Array, at: number, fail: Fail): number {
  const { key, type, count } = storage
  const begin = at + 8
  const end = begin + count * elementBytes[type]
  if (end > file.length)
    fail(`cut short: storage ${shown(key)} ends at byte ${end}, the file has ${file.length}; copy or download it again`)
  const stated = new DataView(file.buffer, file.byteOffset + at, 8).getBigInt64(0, true)
  if (stated !== BigInt(count)) fail(`damaged: storage ${shown(key)} has ${stated} numbers, expected ${count}`)
  storage.bytes = file.subarray(begin, end)
  return end
}

function kindOf(value: unknown): string {
  if (value instanceof StridedTensor) return 'a single tensor'
  if (Array.isArray(value)) return 'a list'
  return shown(value)
}

/** A value for an error, kept short whatever a damaged file holds. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(printable(value, 40))
  if (Array.isArray(value)) return 'a list'
  return value === null || typeof value !== 'object' ? printable(String(value), 40) : 'an object'
}
