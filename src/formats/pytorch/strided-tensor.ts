/** PyTorch's tensors: a shape and strides over a storage, which several tensors may share. */
import { printable } from '../../util/printable.js'
import { elements, type Shape } from '../../util/shape.js'
import { decodeFloats, type ElementType, elementBytes, isFloat } from '../elements.js'
import type { StoredTensor } from '../stored-tensor.js'

/** A row of numbers in a file. */
export class Storage {
  readonly key: string
  readonly type: ElementType
  /** Number of elements. */
  readonly count: number
  /** Start of a view in its root storage, in numbers. */
  readonly offset: number
  /** The storage that this is a view of, or itself. */
  readonly root: Storage
  /** Bytes of a root, set once they are found. */
  bytes: Uint8Array | undefined

  constructor(key: string, type: ElementType, count: number, offset = 0, root?: Storage) {
    this.key = key
    this.type = type
    this.count = count
    this.offset = offset
    this.root = root ?? this
  }

  view(offset: number, count: number): Storage {
    return new Storage(this.key, this.type, count, this.offset + offset, this.root)
  }
}

export class StridedTensor implements StoredTensor {
  readonly storage: Storage
  readonly shape: Shape
  readonly #strides: readonly number[]
  /** Offset of its first number from the start of the root storage. */
  readonly #offset: number
  readonly #fail: (what: string) => never

  private constructor(
    storage: Storage,
    offset: number,
    shape: Shape,
    strides: readonly number[],
    fail: (what: string) => never,
  ) {
    this.storage = storage
    this.shape = shape
    this.#strides = strides
    this.#offset = storage.offset + offset
    this.#fail = fail
  }

  /** Checks the values from a file. Calls `fail`, which throws, if they make no tensor inside the storage. */
  static of(storage: Storage, offset: unknown, shape: unknown, strides: unknown, fail: (what: string) => never) {
    if (!isCounts(shape) || !isCounts(strides) || shape.length !== strides.length || !isCounts([offset]))
      return fail('damaged: a tensor has no shape, strides and offset of whole numbers')
    const first = Number(offset)
    const length = elements(shape)
    const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, first)
    if (length > 0 && (length > storage.count || last >= storage.count))
      fail(
        `damaged: a tensor of ${length} numbers reaches to number ${last + 1} of storage ${printable(storage.key, 40)}, which has ${storage.count}`,
      )
    return new StridedTensor(storage, first, shape, strides, fail)
  }

  get type(): ElementType {
    return this.storage.type
  }

  get length(): number {
    return elements(this.shape)
  }

  floats(): Float32Array {
    const { type, shape, length } = this
    const { bytes } = this.storage.root
    if (!isFloat(type)) return this.#fail(`a tensor of weights holds ${type}, expected floats`)
    if (!bytes) return this.#fail(`damaged: storage ${printable(this.storage.key, 40)} is missing`)
    const size = elementBytes[type]
    if (this.#isContiguous())
      return decodeFloats(type, bytes.subarray(this.#offset * size, (this.#offset + length) * size))
    const own = new Uint8Array(length * size)
    const index = shape.map(() => 0)
    let at = this.#offset
    for (let i = 0; i < length; i++) {
      for (let byte = 0; byte < size; byte++) own[i * size + byte] = bytes[at * size + byte]!
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        at += this.#strides[axis]!
        index[axis]!++
        if (index[axis]! < shape[axis]!) break
        at -= this.#strides[axis]! * shape[axis]!
        index[axis] = 0
      }
    }
    return decodeFloats(type, own)
  }

  /** Whether its numbers are contiguous in row-major order. */
  #isContiguous(): boolean {
    let expected = 1
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.#strides[axis] !== expected) return false
      expected *= this.shape[axis]!
    }
    return true
  }
}

function isCounts(values: unknown): values is number[] {
  return (
    Array.isArray(values) && values.length <= 64 && values.every((value) => Number.isSafeInteger(value) && value >= 0)
  )
}
