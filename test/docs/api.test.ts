/** Each value of `resnet.ts` and `resnet.ts/node` stands in an example of docs/api.md, and the examples run. */
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import * as browser from '../../src/index.js'
import * as node from '../../src/node.js'
import * as studies from '../../src/studies.js'
import * as studiesInNode from '../../src/studies.node.js'
import { root } from '../formats/others.js'
import { pageOf } from './examples.js'

const { blocks, runExample } = pageOf('api.md', async (place) => {
  copyFileSync(join(root, 'test/formats/fixtures/bearpaw.safetensors'), join(place, 'weights.safetensors'))
  const draw = (file: string, side: number) =>
    sharp({ create: { width: side, height: side, channels: 3, background: '#864', noise } }).toFile(join(place, file))
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  const folders = ['photos', 'my-pictures', ...['train', 'test'].map((part) => join('parted', part))]
  for (const folder of folders) {
    for (const label of folder === 'photos' ? [''] : ['cat', 'dog']) {
      mkdirSync(join(place, folder, label), { recursive: true })
      for (let i = 0; i < 10; i++) await draw(join(folder, label, `${i}.png`), folder === 'photos' ? 64 : 20)
    }
  }
  await draw('cat.png', 40)
})

/** Names that the examples of the page import, each behind its entry of the package. */
const imported = blocks('ts').flatMap((code) =>
  [...code.matchAll(/import \{([^}]*)\} from '(resnet\.ts[^']*)'/g)].flatMap(([, names, entry]) =>
    names!.split(',').map((name) => `${entry} ${name.trim()}`),
  ),
)
const used = (name: string, entries: readonly string[]) =>
  entries.some((entry) => imported.includes(`${entry} ${name}`))

test.each([
  ['resnet.ts', browser, ['resnet.ts', 'resnet.ts/node']],
  ['resnet.ts/node', node, ['resnet.ts', 'resnet.ts/node']],
] as const)('%s: at most 60 values, each in an example', (_, values, entries) => {
  const names = Object.keys(values)
  expect(names.length).toBeLessThanOrEqual(60)
  expect(names.filter((name) => !used(name, entries))).toEqual([])
})

test('resnet.ts/studies has the same values in browsers and in Node, but for files', () => {
  const here = Object.keys(studies)
  expect(Object.keys(studiesInNode).filter((name) => !here.includes(name))).toEqual(['readStudyResults', 'runStudies'])
  expect(here.filter((name) => !Object.hasOwn(studiesInNode, name))).toEqual([])
})

test('no value stands in two entries', () => {
  const own = Object.keys(node)
  expect(Object.keys(studiesInNode).filter((name) => own.includes(name))).toEqual([])
})

const examples = blocks('ts').filter((code) => !code.includes('configure('))

describe.each(examples.map((code, i) => [i + 1, code] as const))('example %i', (_, code) => {
  test('runs', () => {
    const said = runExample(code)
    expect(said).not.toBe('')
    expect(said).not.toMatch(/NaN|undefined/)
    console.log(said.trim())
  })
})

test('a training that was stopped goes on to the same bits, as the page says', () => {
  const stopped = examples.find((code) => code.includes('resumeTrainer'))!
  expect(runExample(stopped).split('\n')).toContain('true')
})
