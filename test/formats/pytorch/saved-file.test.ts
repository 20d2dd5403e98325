// Files of torch.save give the numbers that PyTorch put in, and anything but tensors and plain containers is refused.
import { describe, expect, test } from 'vitest'
import { peel } from '../../../src/formats/names/peel.js'
import { readSafetensors } from '../../../src/formats/safetensors.js'
import type { StateDict } from '../../../src/formats/stored-tensor.js'
import { DataError } from '../../../src/util/errors.js'
import { bytesOf } from '../files.js'
import { op, pickle, zip } from '../make-pickle.js'
import { weightsIn } from './weights-in.js'

const expected = readSafetensors(bytesOf('akamaster.safetensors')).tensors

function expectSame(found: StateDict): void {
  const floats = [...peel(found, 'x').tensors].filter(([name]) => !name.endsWith('num_batches_tracked'))
  expect(new Set(floats.map(([name]) => name))).toEqual(new Set(expected.keys()))
  for (const [name, tensor] of floats) {
    expect([name, tensor.shape]).toEqual([name, expected.get(name)!.shape])
    expect([name, [...tensor.floats()]]).toEqual([name, [...expected.get(name)!.data]])
  }
}

test.each(['zip.pth', 'deflated.pth', 'odd.pth'])('%s holds what PyTorch put in', async (name) => {
  expectSame(await weightsIn(bytesOf(name), name))
})

test.each(['legacy.pth', 'odd-legacy.pth'])('%s holds what PyTorch put in', async (name) => {
  expectSame(await weightsIn(bytesOf(name), name))
})

test('the odd file has every float type, and prefixes', async () => {
  const found = await weightsIn(bytesOf('odd.pth'), 'odd.pth')
  expect(new Set([...found.values()].map(({ type }) => type))).toEqual(new Set(['f32', 'f16', 'bf16', 'f64', 'i64']))
  expect([...found.keys()].every((name) => name.startsWith('module.'))).toBe(true)
  expect(() => found.get('module.bn1.num_batches_tracked')!.floats()).toThrow(
    new DataError('odd.pth: a tensor of weights holds i64, expected floats'),
  )
})

const archive = (data: Uint8Array, more: readonly { name: string; data: Uint8Array }[] = []) =>
  zip([{ name: 'archive/data.pkl', data }, ...more])
const dictionary = (...items: readonly Uint8Array[]) => pickle(op.bytes('}('), ...items, op.bytes('u'))

describe('refused', () => {
  test.each<[string, Uint8Array, string]>([
    [
      'a call of a class that is no function',
      pickle(op.global('torch', 'FloatStorage'), op.bytes(')R')),
      'x: refused: it calls something that is no function',
    ],
    ['EXT1', pickle(op.bytes('\x82\x01')), 'x: the pickle has the opcode EXT1 (0x82) at byte 2, which is refused'],
    [
      'a number without end',
      pickle(op.bytes(`\x8b\x01\x08\0\0${'1'.repeat(2049)}`)),
      'x: refused: the pickle has a number of 2049 bytes, more than 1024',
    ],
    [
      'a class named by a number',
      pickle(op.bytes('K\x01K\x02\x93')),
      'x: damaged: the pickle names a class by something that is no text',
    ],
    ['a number of letters', pickle(op.bytes('Iabc\n')), 'x: damaged: the pickle has a number that is none'],
    ['an unknown opcode', pickle(op.bytes('\xff')), 'x: the pickle has the opcode 0xff at byte 2, which is refused'],
    ['state of a list', pickle(op.bytes(']N}b')), 'x: refused: it sets the state of something that is no object'],
    ['a newer protocol', op.bytes('\x80\x09N.'), 'x: the pickle has protocol 9, expected at most 5'],
    [
      'the end in the middle',
      op.bytes('\x80\x02X\xff\x00\x00\x00abc'),
      'x: cut short: the pickle ends in the middle; copy or download it again',
    ],
    ['an empty stack', op.bytes('\x80\x02.'), 'x: damaged: the pickle takes a value that is not there'],
    ['no mark', pickle(op.bytes('Nt')), 'x: damaged: the pickle has no mark where one is needed'],
    [
      'a value that was not stored',
      pickle(op.bytes('h\x07')),
      'x: damaged: the pickle refers to value 7, which it has not stored',
    ],
    ['a storage that is none', pickle(op.bytes('NQ')), 'x: damaged: expected a storage, got null'],
  ])('%s', async (_, data, message) => {
    await expect(weightsIn(archive(data), 'x')).rejects.toThrow(new DataError(message))
  })

  test('a million dictionaries in a small file', async () => {
    const data = pickle(op.bytes('}'.repeat(1_000_000)))
    await expect(weightsIn(archive(data), 'x')).rejects.toThrow('more than 500000 lists and dictionaries')
  })

  test('a program, big-endian numbers, other archives', async () => {
    const empty = pickle(op.bytes('}'))
    await expect(weightsIn(archive(empty, [{ name: 'archive/constants.pkl', data: empty }]), 'x')).rejects.toThrow(
      'x: a program (TorchScript), expected weights;',
    )
    await expect(
      weightsIn(archive(empty, [{ name: 'archive/byteorder', data: op.bytes('big') }]), 'x'),
    ).rejects.toThrow('x: its numbers are big-endian, expected little-endian;')
    await expect(weightsIn(zip([{ name: 'a.txt', data: empty }]), 'x')).rejects.toThrow(
      'x: a zip archive, but none of torch.save: expected one data.pkl in it;',
    )
  })

  test('a pickle that is none of torch.save', () => {
    const refused = expect(weightsIn(pickle(op.bytes('}')), 'x')).rejects
    return refused.toThrow('x: a pickle, but none of torch.save;')
  })
})

/** A tensor over a storage of `count` floats, as arguments of the function that rebuilds it. */
function tensor(count: number, offset: number, sizes: readonly number[], strides: readonly number[]): Uint8Array {
  const int = (value: number) => {
    const bytes = Buffer.alloc(5, 'J')
    bytes.writeInt32LE(value, 1)
    return bytes
  }
  const tuple = (values: readonly number[]) => Buffer.concat([op.bytes('('), ...values.map(int), op.bytes('t')])
  const id = [
    op.bytes('('),
    op.text('storage'),
    op.global('torch', 'FloatStorage'),
    op.text('0'),
    op.text('cpu'),
    int(count),
  ]
  return Buffer.concat([
    ...[op.global('torch._utils', '_rebuild_tensor_v2'), op.bytes('('), ...id, op.bytes('tQ'), int(offset)],
    ...[tuple(sizes), tuple(strides), op.bytes('\x89}tR')],
  ])
}

const withTensors = (...tensors: readonly Uint8Array[]) =>
  archive(dictionary(...tensors.flatMap((data, i) => [op.text(`t${i}`), data])), [
    { name: 'archive/data/0', data: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer) },
  ])

test('tensors are views: offsets, strides, shared storages, scalars, nothing at all', async () => {
  const found = await weightsIn(
    withTensors(
      tensor(6, 0, [2, 3], [3, 1]),
      tensor(6, 0, [3, 2], [1, 3]),
      tensor(6, 5, [], []),
      tensor(6, 1, [0, 4], [4, 1]),
    ),
    'x',
  )
  expect([...found.values()].map((found) => [...found.floats()])).toEqual([
    [1, 2, 3, 4, 5, 6],
    [1, 4, 2, 5, 3, 6],
    [6],
    [],
  ])
})

test.each<[string, Uint8Array, string]>([
  [
    'beyond its storage',
    tensor(6, 1, [6], [1]),
    'x: damaged: a tensor of 6 numbers reaches to number 7 of storage 0, which has 6',
  ],
  [
    'larger than its storage',
    tensor(6, 0, [1000, 1000], [0, 0]),
    'x: damaged: a tensor of 1000000 numbers reaches to number 1 of storage 0, which has 6',
  ],
  [
    'with negative strides',
    tensor(6, 5, [6], [-1]),
    'x: damaged: a tensor has no shape, strides and offset of whole numbers',
  ],
  [
    'with strides of another rank',
    tensor(6, 0, [2, 3], [1]),
    'x: damaged: a tensor has no shape, strides and offset of whole numbers',
  ],
  [
    'over a storage of another size',
    tensor(7, 0, [6], [1]),
    'x: damaged: storage "0" has 24 bytes, expected 28 (7 of f32)',
  ],
])('a tensor %s is refused', async (_, data, message) => {
  await expect(weightsIn(withTensors(data), 'x')).rejects.toThrow(new DataError(message))
})

test('a storage that is shared without end is refused', async () => {
  const many = Array.from({ length: 30 }, () => tensor(6, 0, [6], [1]))
  await expect(weightsIn(withTensors(...many), 'x')).rejects.toThrow(
    'x: refused: its tensors hold 180 numbers, its storages only 6',
  )
})
