/**
 * Opens the files of `torch.save`: the zip form (PyTorch 1.6 and later) and the legacy form before it. Their pickles
 * are read by a machine that runs nothing, see `machine.ts`. The numbers of tensors are read later, for those tensors
 * that somebody wants.
 */
import { isZip, readZip, type ZipEntry } from '../../util/archive/zip.js'
import { Budget } from '../../util/budget.js'
import { printable } from '../../util/printable.js'
import { type ElementType, elementBytes } from '../elements.js'
import { Inert } from './inert.js'
import { Callable, type PickleWorld } from './machine.js'
import { unpickle } from './pickle.js'
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

/** Types of elements, as settings name them. */
const types = 'float32 float64 float16 bfloat16 uint8 int8 int16 int32 int64 bool float double half long int'.split(' ')

/** The class of a storage. It names the type of the elements. */
class StorageType {
  readonly element: ElementType

  constructor(element: ElementType) {
    this.element = element
  }
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn
const LEGACY_PROTOCOL = 1001
/** Cost in values of an entry of a copied dictionary. */
const ENTRY_COST = 4
/** The limit of a pickle's size, ten times that of the largest network. */
const MOST_PICKLE_BYTES = 1 << 25

/** A file of `torch.save` that was opened. */
export interface SavedFile {
  readonly form: string
  /** The value that was saved. Dictionaries are maps, lists arrays, tensors `StridedTensor`, other objects `Inert`. */
  readonly value: unknown
  /** How often the file would have called each class or function that is not known, by its name. */
  readonly notRun: ReadonlyMap<string, number>
  /** Counts all that is made from the file. */
  readonly budget: Budget
  /**
   * Reads the numbers of these tensors, so that `floats` can give them.
   * @throws DataError if they are not in the file, or share a storage so often that a small file would fill the memory
   */
  fill(tensors: readonly StridedTensor[], signal?: AbortSignal): Promise<void>
}

/**
 * Opens a file of either form; undefined if the first bytes show neither.
 * @param who the file's name, at the start of every error
 * @throws DataError if the file is damaged or asks for too much
 */
export async function openPyTorch(file: Uint8Array, who: string, signal?: AbortSignal): Promise<SavedFile | undefined> {
  if (isZip(file)) return openZip(file, who, signal)
  if (file[0] === 0x80) return openLegacy(file, who)
  return undefined
}

async function openZip(file: Uint8Array, who: string, signal?: AbortSignal): Promise<SavedFile> {
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
  const world = worldOf(new Map(), budget)
  const { value } = unpickle(await pickle.read(), 0, world)
  await budget.breathe(signal)
  return {
    form: 'PyTorch, zip form',
    value,
    notRun: world.notRun,
    budget,
    async fill(tensors, signal) {
      expectBounded(tensors, budget)
      for (const storage of storagesOf(tensors)) {
        await budget.breathe(signal)
        if (!storage.bytes) await fillFromZip(storage, entries, prefix, fail)
      }
    },
  }
}

/** Five pickles, then the storages one after the other. */
function openLegacy(file: Uint8Array, who: string): SavedFile {
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
  return {
    form: 'PyTorch, legacy form',
    value,
    notRun: world.notRun,
    budget,
    async fill(tensors) {
      expectBounded(tensors, budget)
      for (const { key, bytes } of storagesOf(tensors)) if (!bytes) fail(`damaged: storage ${shown(key)} is missing`)
    },
  }
}

type Fail = (what: string) => never

function failing(budget: Budget): Fail {
  return (what) => budget.fail(what)
}

/** All names that are known. Storages enter the map when they are first named. */
function worldOf(storages: Map<string, Storage>, budget: Budget): PickleWorld {
  const fail = failing(budget)
  const tensor = (name: string, count: number) =>
    new Callable(name, (args) => {
      const [storage, offset, shape, strides] = args
      if (storage instanceof Inert) return new Inert(storage.name, args) // its numbers are of a type that is not read
      if (!(storage instanceof Storage) || args.length < count)
        return fail(`damaged: ${name} is called with arguments that make no tensor`)
      return StridedTensor.of(storage, offset, shape, strides, fail)
    })
  const first = (name: string) => new Callable(name, ([value]) => value)
  const list = (name: string) => new Callable(name, ([values = []]) => listOf(values, budget))
  const globals = new Map<string, unknown>([
    ['torch._utils _rebuild_tensor', tensor('_rebuild_tensor', 4)],
    ['torch._utils _rebuild_tensor_v2', tensor('_rebuild_tensor_v2', 6)],
    ['torch._utils _rebuild_parameter', first('_rebuild_parameter')],
    ['torch._utils _rebuild_parameter_with_state', first('_rebuild_parameter_with_state')],
    // PyTorch before 0.4 writes a parameter as a call with its tensor.
    ['torch.nn.parameter Parameter', first('Parameter')],
    ['torch.autograd.variable Variable', first('Variable')],
    ['torch Size', list('Size')],
    ['collections OrderedDict', new Callable('OrderedDict', (args) => dictionaryOf(args, budget))],
    ['collections defaultdict', new Callable('defaultdict', (args) => dictionaryOf(args.slice(1), budget))],
  ])
  for (const module of ['builtins', '__builtin__'])
    for (const name of ['set', 'frozenset', 'list', 'tuple']) globals.set(`${module} ${name}`, list(name))
  for (const type of types) globals.set(`torch ${type}`, `torch.${type}`)
  for (const [name, element] of Object.entries(storageTypes)) globals.set(`torch ${name}`, new StorageType(element))
  return { globals, persistent: (id) => storageOf(id, storages, fail), budget, notRun: new Map() }
}

/** Copies its elements. The file may name them again and again; each copy counts against the budget. */
function listOf(values: unknown, budget: Budget): unknown[] {
  if (!Array.isArray(values)) return []
  budget.values(values.length)
  return [...values]
}

/** Copies its pairs, or those of another dictionary, in the same way. */
function dictionaryOf([pairs = []]: readonly unknown[], budget: Budget): Map<unknown, unknown> {
  if (pairs instanceof Map) {
    budget.values(ENTRY_COST * pairs.size)
    return new Map(pairs)
  }
  if (Array.isArray(pairs)) budget.values(ENTRY_COST * pairs.length)
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    return budget.fail('damaged: a dictionary is made of something that is no list of pairs')
  return new Map(pairs as [unknown, unknown][])
}

/** Reads `('storage', type, key, where, count)`, in the legacy form with a view `(key, offset, count)` or None. */
function storageOf(id: unknown, storages: Map<string, Storage>, fail: Fail): unknown {
  const [kind, type, key, , count, view = null] = Array.isArray(id) ? id : []
  if (kind === 'module' && Array.isArray(id)) return id[1] // a class, with its source, which is not read
  if (kind === 'storage' && type instanceof Inert) return new Inert(type.name, [])
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

/** Tensors may share storages, but not so often that a small file needs all memory. */
function expectBounded(tensors: readonly StridedTensor[], budget: Budget): void {
  const most = 4 * storagesOf(tensors).reduce((sum, { count }) => sum + count, 0)
  let numbers = 0
  for (const { length } of tensors) numbers += length
  if (numbers > most) budget.fail(`refused: its tensors hold ${numbers} numbers, its storages only ${most / 4}`)
}

function storagesOf(tensors: readonly StridedTensor[]): Storage[] {
  return [...new Set(tensors.map(({ storage }) => storage.root))]
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

/** A value for an error, kept short whatever a damaged file holds. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(printable(value, 40))
  if (Array.isArray(value)) return 'a list'
  return value === null || typeof value !== 'object' ? printable(String(value), 40) : 'an object'
}
