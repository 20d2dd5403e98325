/** Tables of numbers as data sets: what networks read of them, which rows are held out, and what is refused. */
import { describe, expect, test } from 'vitest'
import { fillBatch } from '../../src/data/batches.js'
import type { Dataset, Pictures } from '../../src/data/dataset.js'
import { splitDataset } from '../../src/data/split.js'
import { type TableOptions, type TableRow, tableDataset } from '../../src/data/table-dataset.js'
import { ConfigError, DataError } from '../../src/util/errors.js'

/** A part of a data set as a network reads it: its rows, and their labels. */
function read(pictures: Pictures, { normalisation }: Dataset) {
  const { count, channels } = pictures
  const [out, labels] = [new Float32Array(count * channels), new Int32Array(count)]
  const indices = Array.from({ length: count }, (_, i) => i)
  fillBatch(pictures, indices, out, labels, { normalisation, seed: 0, epoch: 0 })
  const rows = indices.map((i) => [...out.subarray(i * channels, (i + 1) * channels)])
  return { rows, labels: [...labels] }
}

describe('columns', () => {
  const data = tableDataset(
    [
      [1, 0.1, 1.7e9],
      [2, 0.1, 1.7e9 + 1],
      [6, 0.1, 1.7e9 + 2],
    ],
    [0, 1, 2],
    { test: { rows: [Float32Array.of(3, 0.5, 1.7e9)], labels: [1] } },
  )

  test('have the mean and deviation of the training rows', () => {
    const { mean, std } = data.normalisation
    expect(mean).toEqual([3, 0.1, 1.7e9 + 1])
    expect(std[0]).toBeCloseTo(Math.sqrt(14 / 3), 12)
    expect(std[2]).toBeCloseTo(Math.sqrt(2 / 3), 12)
  })

  test('are read standardised, also far from zero, and a constant one as zeros', () => {
    const { rows, labels } = read(data.train, data)
    const wide = Math.fround(1 / Math.sqrt(2 / 3))
    expect(rows.map((row) => row.slice(1))).toEqual([
      [0, -wide],
      [0, 0],
      [0, wide],
    ])
    expect(rows[2]![0]).toBeCloseTo(3 / Math.sqrt(14 / 3), 6)
    expect(labels).toEqual([0, 1, 2])
  })

  test('of test rows are measured by the training rows', () => {
    const [row] = read(data.test, data).rows
    expect(row![0]).toBe(0)
    expect(row![1]).toBeCloseTo(0.4, 6)
  })

  test('too narrow to be squared are divided by nothing', () => {
    const rows = [[1e-200], [2e-200]]
    expect(tableDataset(rows, [0, 1], { test: { rows, labels: [0, 1] } }).normalisation.std).toEqual([1])
  })
})

describe('rows without test rows', () => {
  const rows = Array.from({ length: 50 }, (_, i) => [i, -i])
  const labels = rows.map((_, i) => (i < 40 ? 0 : 1))
  const first = (pictures: Pictures) =>
    [...(pictures.pixels as { views: [Float64Array] }).views[0]].filter((_, i) => i % 2 === 0)

  test('are split by the seed, a fifth of each class', () => {
    const data = tableDataset(rows, labels)
    expect([data.train.count, data.test.count]).toEqual([40, 10])
    expect([...data.test.labels].filter((label) => label === 1)).toHaveLength(2)
    expect([...first(data.train), ...first(data.test)].sort((a, b) => a - b)).toEqual(rows.map(([x]) => x))
    for (const part of [data.train, data.test])
      expect(first(part).map((x) => (Math.abs(x) < 40 ? 0 : 1))).toEqual([...part.labels])
    expect(first(tableDataset(rows, labels).test)).toEqual(first(data.test))
    expect(first(tableDataset(rows, labels, { seed: 1 }).test)).not.toEqual(first(data.test))
    expect(data.normalisation.mean[0]).toBeCloseTo(first(data.train).reduce((a, b) => a + b) / 40, 12)
  })

  test('are split as wanted, and once more to validate on', () => {
    expect(tableDataset(rows, labels, { holdOut: 7 }).test.count).toBe(7)
    const { train, val, test } = splitDataset(tableDataset(rows, labels, { holdOut: 0.1 }), 5, 0)
    expect([train.count, val!.count, test.count]).toEqual([40, 5, 5])
    expect(new Set([train, val!, test].flatMap(first)).size).toBe(50)
  })

  test('cannot all be held out', () => {
    expect(() => tableDataset(rows, labels, { holdOut: 49 })).toThrow(ConfigError)
    expect(() => tableDataset([[1], [2]], [0, 1])).toThrow(
      'held-out pictures: each class has one picture only, expected two of a class',
    )
  })
})

test('classes are named, or numbered up to the largest label', () => {
  expect(tableDataset([[1], [2], [3]], [0, 2, 0]).classes).toEqual(['0', '1', '2'])
  const { name, classes } = tableDataset([[1], [2]], [0, 0], { name: 'wine', classes: ['red', 'white'] })
  expect([name, classes]).toEqual(['wine', ['red', 'white']])
})

describe('refused', () => {
  type Case = [string, readonly TableRow[], readonly number[], TableOptions, string]
  const two = [
    [1, 2],
    [3, 4],
  ]
  const cases: Case[] = [
    ['no rows', [], [], {}, 'table: expected rows of at least one number, got 0 rows of 0'],
    ['empty rows', [[], []], [0, 1], {}, 'table: expected rows of at least one number, got 2 rows of 0'],
    ['a short row', [[1, 2], [3]], [0, 1], {}, 'table, row 2: expected 2 numbers, got 1'],
    [
      'a gap',
      [[1, Number.NaN]],
      [0],
      {},
      'table, row 1, column 2: expected a finite number, got NaN; fill gaps and encode texts as numbers first',
    ],
    ['a text', [['3' as unknown as number]], [0], {}, 'row 1, column 1: expected a finite number, got "3"'],
    ['too few labels', two, [0], {}, 'table: expected a label for each of its 2 rows, got 1 labels'],
    ['a label between', two, [0, 0.5], {}, 'table, label of row 2: expected a class number from 0 to 0, got 0.5'],
    ['a label below', two, [0, -1], {}, 'expected a class number from 0 to 0, got -1'],
    ['no label', two, [0, Number.NaN], {}, 'expected a class number from 0 to 0, got NaN'],
    ['a class without a name', two, [0, 2], { classes: ['a', 'b'] }, 'from 0 to 1, got 2'],
    [
      'a wider test row',
      two,
      [0, 1],
      { name: 'wine', test: { rows: [[1, 2, 3]], labels: [0] } },
      'wine, test, row 1: expected 2 numbers, got 3',
    ],
    [
      'no test rows',
      two,
      [0, 1],
      { test: { rows: [], labels: [] } },
      'table, test: expected rows of at least one number',
    ],
  ]
  test.each(cases)('%s', (_, rows, labels, options, message) => {
    expect(() => tableDataset(rows, labels, options)).toThrow(DataError)
    expect(() => tableDataset(rows, labels, options)).toThrow(message)
  })
})
