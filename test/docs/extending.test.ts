/** What docs/extending.md shows stands in examples/, which run on the compiled package and do as the page says. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { root } from '../formats/others.js'
import { folderFor, withoutTypes } from './examples.js'

const names = ['own-network', 'own-graph'] as const
const sources = new Map(names.map((name) => [name, readFileSync(join(root, 'examples', `${name}.ts`), 'utf8')]))
const page = readFileSync(join(root, 'docs/extending.md'), 'utf8')
const folder = folderFor('extending')
beforeAll(() => mkdirSync(folder, { recursive: true }))

/** The lines that an example prints. */
function printed(name: (typeof names)[number]): string[] {
  const script = join(folder, `${name}.mjs`)
  writeFileSync(script, withoutTypes(sources.get(name)!))
  return execFileSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' }).trimEnd().split('\n')
}

test('each piece of code on the page stands in an example, word for word', () => {
  const pieces = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code!)
  expect(pieces.length).toBeGreaterThan(15)
  expect(pieces.filter((piece) => ![...sources.values()].some((source) => source.includes(piece)))).toEqual([])
})

test('a layer, a loss and a task: trained, stopped, resumed to the same bits, evaluated, exported', () => {
  const [classifier, tone] = printed('own-network').map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(classifier).toMatchObject({ network: 'se-resnet8', sameBits: true, sameAnswers: true })
  expect(tone).toMatchObject({ network: 'tone8', sameBits: true, sameAnswers: true })
  for (const name of ['se-resnet8', 'tone8'])
    expect(statSync(join(folder, `${name}.onnx`)).size).toBeGreaterThan(300_000)
  // By chance 90; of the targets, 0.7 is about how far they lie from their mean.
  expect((classifier!.evaluated as { top1Error: number }).top1Error).toBeLessThan(82)
  expect((tone!.evaluated as { error: number }).error).toBeLessThan(0.35)
}, 600_000)

test('a graph by hand learns a line, has an operation of its own, and gives gradients', () => {
  const lines = printed('own-graph')
  expect(lines[0]).toBe('data %0: f32[4x1] = x')
  expect(lines.slice(lines.indexOf('') + 1)).toEqual([
    'y = 2.00 x + 1.00',
    'Float64Array(3) [ 1, 4, 9 ]',
    'true',
    expect.stringMatching(
      /^\S+: this network needs square, which this engine lacks; use reference, which runs operations/,
    ),
    'Float32Array(3) [ 16, 25, 36 ]',
    'labels.squared: square: x must hold floats, got i32',
    '37 parameters and running statistics',
    'head.classifier.weight holds 640 numbers',
    '[ 2, 3, 8, 8 ] [ 2, 10 ]',
    '[ 2, 16, 8, 8 ] true',
  ])
}, 600_000)
