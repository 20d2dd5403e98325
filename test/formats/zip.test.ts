// Zip archives: what other programs write is read, and what unpacks to more than it says is given up.
import { expect, test } from 'vitest'
import { readZip } from '../../src/util/archive/zip.js'
import { DataError } from '../../src/util/errors.js'
import { type Entry, zip } from './make-pickle.js'

const hello = new TextEncoder().encode('hello '.repeat(100))
const read = (entry: Partial<Entry>) =>
  readZip(zip([{ name: 'a', data: hello, ...entry }]), 'x')
    .get(entry.name ?? 'a')!
    .read()

test('stored and deflated entries', async () => {
  expect(await read({})).toEqual(hello)
  expect(await read({ deflate: true })).toEqual(hello)
  expect(await read({ data: new Uint8Array(0), deflate: true })).toEqual(new Uint8Array(0))
  expect(await read({ says: { sum: 0 } })).toEqual(hello) // a writer that computes no sums
})

test.each<[string, Partial<Entry>, string]>([
  [
    'another checksum',
    { says: { sum: 7 } },
    'x: damaged: entry "a" does not have the checksum that the zip archive names; copy or download it again',
  ],
  [
    'more than it says',
    { deflate: true, says: { size: 5 } },
    'x: refused: entry "a" unpacks to more than the 5 bytes that it says',
  ],
  [
    'less than it says',
    { deflate: true, says: { size: 700 } },
    'x: damaged: entry "a" unpacks to 600 bytes, expected 700',
  ],
  ['another length', { says: { size: 5 } }, 'x: damaged: entry "a" is stored in 600 bytes, but is said to have 5'],
  [
    'another method',
    { says: { method: 12 } },
    'x: entry "a" is packed by method 12, expected stored (0) or deflated (8); pack it again',
  ],
  [
    'a password',
    { says: { flags: 1 } },
    'x: entry "a" is encrypted, which is not supported; save it without a password',
  ],
  [
    'an end outside',
    { says: { packed: 9999, size: 9999 } },
    'x: cut short: entry "a" reaches beyond the end of the file; download it again',
  ],
])('an entry with %s is refused', async (_, entry, message) => {
  await expect(read(entry)).rejects.toThrow(new DataError(message))
})

test('nonsense in place of a deflated entry is refused', async () => {
  await expect(read({ says: { method: 8 } })).rejects.toThrow(/^x: damaged: entry "a" cannot be unpacked \(.+\)$/)
})

test('bombs are refused before anything is unpacked, or as soon as they show', async () => {
  const bomb = { name: 'a', data: new Uint8Array(100e6), deflate: true }
  expect(() => readZip(zip([bomb]), 'x')).toThrow(
    /^x: refused: it says that it unpacks to 100000000 bytes, more than \d+,/,
  )
  await expect(
    readZip(zip([{ ...bomb, says: { size: 1000 } }]), 'x')
      .get('a')!
      .read(),
  ).rejects.toThrow('x: refused: entry "a" unpacks to more than the 1000 bytes that it says')
})

test('no directory, and two entries of one name', () => {
  const bytes = zip([{ name: 'a', data: hello }])
  expect(() => readZip(bytes.subarray(0, -30), 'x')).toThrow(
    'x: cut short: the zip archive has no directory at its end;',
  )
  expect(() =>
    readZip(
      zip([
        { name: 'a', data: hello },
        { name: 'a', data: hello },
      ]),
      'x',
    ),
  ).toThrow('x: damaged: the zip archive has two entries named "a"')
})
