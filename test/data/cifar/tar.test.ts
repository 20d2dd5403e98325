import { describe, expect, test } from 'vitest'
import { readTar } from '../../../src/util/archive/tar.js'
import { tar } from './make-cifar.js'

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => i % 251)

describe('readTar', () => {
  test('gives the files in order, folders left out', () => {
    const files = readTar(
      tar({ 'a/': bytes(0), 'a/empty': bytes(0), 'a/one': bytes(512), 'two.txt': bytes(700) }),
      'x.tar',
    )
    expect(files.map(({ name, bytes }) => [name, bytes.length])).toEqual([
      ['a/empty', 0],
      ['a/one', 512],
      ['two.txt', 700],
    ])
    expect(Uint8Array.from(files[2]!.bytes)).toEqual(bytes(700))
  })

  test('puts a long name together from its two fields', () => {
    const archive = tar({ 'end.bin': bytes(3) })
    const header = Buffer.from(archive.buffer, archive.byteOffset, 512)
    header.write('some/long/folder', 345)
    header.write('        ', 148)
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    expect(readTar(archive, 'x.tar')[0]!.name).toBe('some/long/folder/end.bin')
  })

  test('needs no blocks of zeros at the end', () => {
    const archive = tar({ a: bytes(512) })
    expect(readTar(archive.subarray(0, 1024), 'x.tar')).toHaveLength(1)
  })

  test('says where a header is damaged', () => {
    const archive = Uint8Array.from(tar({ a: bytes(600), b: bytes(5) }))
    archive[1536 + 3]! ^= 1 // in the name of b
    expect(() => readTar(archive, 'x.tar')).toThrow(
      'x.tar: expected a tar header with a matching check sum at byte 1536, got something else; the file is damaged or not a tar archive: download it again',
    )
    expect(() => readTar(bytes(100), 'x.tar')).toThrow('check sum at byte 0')
  })

  test('says which file is cut off', () => {
    const archive = tar({ a: bytes(600), 'b.bin': bytes(5000) })
    expect(() => readTar(archive.subarray(0, 3000), 'x.tar')).toThrow(
      'x.tar: b.bin should have 5000 bytes, but the archive ends after 952 of them; the file is truncated: download it again',
    )
  })
})
