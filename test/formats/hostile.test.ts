/** Small files that ask for much: each is refused by name, at once, whatever it would have become. */
import { expect, test } from 'vitest'
import { decodeNetwork } from '../../src/api/files/weights.js'
import { settingsOf } from '../../src/formats/hub.js'
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js'
import { limits } from '../../src/util/budget.js'
import { DataError } from '../../src/util/errors.js'
import { safetensorsFiles, small } from '../fuzz/seeds.js'
import { op, pickle, zip } from './make-pickle.js'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const times = (count: number, text: string) => bytes(text.repeat(count))

/** The message with which a file is refused. */
async function refusal(file: Uint8Array): Promise<string> {
  const error: unknown = await decodeNetwork(file, 'x').then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DataError)
  const { message } = error as DataError
  expect(message).toMatch(/^x: ./)
  expect(message.length).toBeLessThan(1500)
  return message
}

const inZip = (data: Uint8Array, deflate = true) => zip([{ name: 'a/data.pkl', data, deflate }])
const dictionary = op.global('collections', 'OrderedDict')

/** A list of `count` pairs, kept as value 0 of the memo, which is then made a dictionary of again and again. */
const copies = (count: number, again: number) =>
  pickle(
    bytes('('),
    times(count, 'K\x01K\x02\x86'),
    bytes('lq\x00'),
    dictionary,
    bytes('q\x010'),
    times(again, 'h\x01h\x00\x85R'),
  )

test.each([
  ['one list, copied into thousands of dictionaries', copies(1000, 20_000), 'values'],
  ['a list of its own length, copied as often', copies(100_000, 100_000), 'values'],
  ['half a million empty dictionaries', pickle(times(600_000, '}')), 'lists and dictionaries'],
  ['as many made by a call', pickle(dictionary, bytes('q\x01'), times(600_000, 'h\x01)R')), 'lists and dictionaries'],
  ['millions of numbers', pickle(times(2_100_000, 'K\x01')), 'values'],
  ['millions of marks', pickle(times(2_100_000, '(')), 'values'],
  ['half a million texts', pickle(times(500_000, 'X\x03\0\0\0cpu0')), 'values'],
  ['a name of the table, looked up 50,000 times', pickle(times(50_000, 'ccollections\nOrderedDict\n0')), 'values'],
])('pickle: %s', async (_, data, what) => {
  for (const file of [inZip(data), data])
    expect(await refusal(file)).toContain(`more than ${what === 'values' ? limits.values : limits.containers} ${what}`)
})

test('a list of storages that holds itself many times is no name of one', async () => {
  const magic = Buffer.concat([bytes('\x8a\x0a'), Buffer.from('6cfc9c46f9206aa85019', 'hex')])
  const doubled = Array.from({ length: 40 }, (_, i) =>
    `q${String.fromCharCode(i)}0h${String.fromCharCode(i)}`.concat(`h${String.fromCharCode(i)}\x86`),
  ).join('')
  const file = Buffer.concat([
    pickle(magic),
    pickle(bytes('M\xe9\x03')),
    pickle(bytes('}'), op.text('little_endian'), bytes('\x88s')),
    pickle(bytes('}')),
    pickle(bytes('('), op.text('k'), bytes(doubled), bytes('l')),
  ])
  expect(await refusal(file)).toContain('damaged: storage a list belongs to no tensor')
})

const tensor = { shape: [1], data: new Float32Array(1) }
const named = (names: readonly string[]) =>
  writeSafetensors({ tensors: new Map(names.map((name) => [name, tensor])), metadata: {} })

test('names with thousands of prefixes, or of thousands of layers', async () => {
  const prefixed = Array.from({ length: 2000 }, (_, i) => `${'module.'.repeat(140)}${i}`)
  expect(await refusal(named(prefixed))).toContain('its tensors belong to no known network')
  expect(await refusal(named([`${'module.'.repeat(5000)}x`]))).toContain(
    'the name of a tensor has 35001 characters, more than 1000',
  )
  const stages = Array.from({ length: 5000 }, (_, i) => `layer${i + 1}.0.conv1.weight`)
  expect(await refusal(named(['conv1.weight', 'fc.weight', ...stages]))).toContain('to no known network')
  const convs = Array.from({ length: 5000 }, (_, i) => `layer${1 + (i % 4)}.0.conv${i >> 2}.weight`)
  expect(await refusal(named(['conv1.weight', 'fc.weight', ...convs]))).toContain('to no known network')
})

test('safetensors: headers of lists in lists, of millions of objects, of too many tensors', async () => {
  const header = (text: string) => {
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(text.length))
    return Buffer.concat([length, Buffer.from(text)])
  }
  expect(await refusal(header(`{"a":${'['.repeat(1e6)}`))).toContain('lists in lists more than 64 deep')
  expect(await refusal(header(`{"a":[${'{},'.repeat(6e5)}0]}`))).toContain('more than 500000 lists')
  expect(await refusal(header(`{"a":[${'0,'.repeat(3e6)}0]}`))).toContain('more than 2000000 values')
  expect(await refusal(header(`{"a":{"dtype":"F32","shape":[${'1,'.repeat(70)}1],"data_offsets":[0,4]}}`))).toContain(
    'tensor a: its shape has 71 dimensions, more than 64',
  )
  const evil = `{"\\u001b[2J${'n'.repeat(500)}":{"dtype":"F99","shape":[],"data_offsets":[0,4]}}`
  const message = await refusal(header(evil))
  expect(message).toContain('tensor �[2Jnnnn')
  expect(message.length).toBeLessThan(300)
})

test('zip: entries that share their bytes', async () => {
  const archive = Buffer.from(
    zip([
      { name: 'a/data.pkl', data: pickle(bytes('}')) },
      { name: 'a/data/0', data: new Uint8Array(64) },
    ]),
  )
  const second = archive.lastIndexOf('PK\x01\x02')
  archive.writeUInt32LE(0, second + 42) // the place of its bytes
  expect(await refusal(new Uint8Array(archive))).toContain(
    'refused: the entries "a/data.pkl" and "a/data/0" of the zip archive share their bytes',
  )
})

test('settings of the hub: nested, endless, or of a size that no picture has', () => {
  const read = (text: string) => settingsOf(new TextEncoder().encode(text), 'hub:a/b')
  expect(() => read('['.repeat(1e6))).toThrow('hub:a/b: refused: it has lists in lists more than 64 deep')
  expect(() => read(`{"label_names":["${'x'.repeat(2000)}"]}`)).toThrow(
    'hub:a/b: refused: the name of a class has 2000 characters, more than 1000',
  )
  expect(() => read('{"crop_pct":0.1}')).toThrow('crop_pct in its config.json must be a number from 0.25 to 1, got 0.1')
  expect(() => read(`{"mean":[${'[1],'.repeat(1e5)}0]}`)).toThrow(/got \[\[1\],\[1\],.{1,40}$/)
})

test('more layers than the tensors of the file can be of', async () => {
  const block = small.stages[0]!.blocks[0]!
  const { tensors, metadata } = readSafetensors(safetensorsFiles[0]!)
  const spec = { ...small, stages: [{ blocks: Array.from({ length: 2000 }, () => block) }] }
  const file = writeSafetensors({ tensors, metadata: { ...metadata, spec: JSON.stringify(spec) } })
  expect(await refusal(file)).toBe(
    `x: its spec has 20005 tensors or more, the file holds ${tensors.size}; it is damaged, or not whole`,
  )
  const layers = Array.from({ length: 5000 }, (_, i) => [`layer1.${i}.conv3.weight`, tensor] as const)
  const names = ['conv1', 'layer1.0.conv1', 'layer2.0.conv1', 'layer3.0.conv1'].map((name) => `${name}.weight`)
  const conv = { shape: [2, 2, 3, 3], data: new Float32Array(36) }
  const tall = writeSafetensors({
    tensors: new Map([
      ...names.map((name) => [name, conv] as const),
      ['linear.weight', { shape: [2, 2], data: new Float32Array(4) }],
      ...layers,
    ]),
    metadata: {},
  })
  expect(await refusal(tall)).toContain('tensors or more, the file holds 5005; it is damaged, or not whole')
})
