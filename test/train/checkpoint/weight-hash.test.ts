/** SHA-256 against Node's own, and the hash of weights. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { weightHash } from '../../../src/train/checkpoint/weight-hash.js'
import { Random } from '../../../src/util/random.js'
import { Sha256 } from '../../../src/util/sha256.js'

const bytes = Uint8Array.from({ length: 300 }, (_, i) => new Random(7, i).below(256))

test('SHA-256 equals that of Node at every length around a block', () => {
  for (let length = 0; length <= 200; length++) {
    const piece = bytes.subarray(0, length)
    expect(new Sha256().update(piece).digest(), `${length} bytes`).toBe(
      createHash('sha256').update(piece).digest('hex'),
    )
  }
})

test('SHA-256 does not depend on how the bytes are cut', () => {
  const whole = createHash('sha256').update(bytes).digest('hex')
  for (const size of [1, 7, 63, 64, 65, 150]) {
    const hash = new Sha256()
    for (let at = 0; at < bytes.length; at += size) hash.update(bytes.subarray(at, at + size))
    expect(hash.digest()).toBe(whole)
  }
})

const weights = (entries: [string, number[], number[]][]) =>
  new Map(entries.map(([name, shape, data]) => [name, { shape, data: Float32Array.from(data) }]))

test('the hash of weights sees names, shapes and bits, and no order', () => {
  const hash = weightHash(
    weights([
      ['a', [2], [1, 2]],
      ['b', [1], [3]],
    ]),
  )
  expect(hash).toMatch(/^[0-9a-f]{16}$/)
  expect(
    weightHash(
      weights([
        ['b', [1], [3]],
        ['a', [2], [1, 2]],
      ]),
    ),
  ).toBe(hash)
  const others = [
    weights([
      ['a', [2], [1, 2]],
      ['c', [1], [3]],
    ]),
    weights([
      ['a', [1, 2], [1, 2]],
      ['b', [1], [3]],
    ]),
    weights([
      ['a', [2], [1, 2.0000002]],
      ['b', [1], [3]],
    ]),
    weights([['a', [2], [1, 2]]]),
  ]
  expect(new Set([hash, ...others.map(weightHash)]).size).toBe(5)
  expect(weightHash(weights([['a', [1], [0]]]))).not.toBe(weightHash(weights([['a', [1], [-0]]])))
})
