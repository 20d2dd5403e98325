/** The glossary and the page of questions: their figures are right, and what they name exists. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { glossaryEntries, wordsSection } from '../../src/cli/report/words.js'
import { complexity, preset, studies } from '../../src/internal.js'
import { depthOf } from '../../src/spec/blocks.js'
import { root } from '../house/sources.js'

const text = (name: string) => readFileSync(join(root, 'docs', name), 'utf8')
const entries = glossaryEntries(text('glossary.md'))

test('each word of the list that learners ask about has an entry', () => {
  const titles = [...entries.keys()].join('\n')
  for (const word of [
    '3x3 convolution',
    'Weight decay',
    'Identity function',
    'MACs',
    'stage',
    'Shortcut',
    'Batch norm',
  ])
    expect(titles).toContain(word)
  for (const [title, body] of entries) expect(body.length, title).toBeGreaterThan(30)
})

test('the figures of ResNet-20 are those of the preset', () => {
  const spec = preset('resnet20')
  const { params, macs } = complexity(spec)
  expect(entries.get('Params')).toContain(`(${params.toLocaleString('en-US')})`)
  expect(entries.get('MACs')).toContain(`(${(macs / 1e6).toFixed(1)} million)`)
  expect(entries.get('Tensor')).toContain(`${(3 * 32 * 32).toLocaleString('en-US')} numbers`)
  expect(entries.get('3x3 convolution')).toContain(`${(16 * 16 * 3 * 3).toLocaleString('en-US')} weights`)
  const blocks = spec.stages.flatMap((stage) => stage.blocks)
  expect(depthOf(spec)).toBe(20)
  expect(entries.get('Depth')).toContain(`2 in each of ${blocks.length} blocks`)
  expect(blocks.every(({ branch }) => branch.length === 2)).toBe(true)
  expect(entries.get('Stem, stage, head')).toContain('16, 32 and 64')
  expect(spec.stages.map((stage) => stage.blocks[0]!.branch.at(-1)!.width)).toEqual([16, 32, 64])
})

test('a report explains its words, with no sign of Markdown left', () => {
  const section = wordsSection(['Depth', 'Residual block'])
  expect(section).toContain('<dt>Depth</dt>')
  expect(section).toContain('<code>a[l+2] = g(z[l+2] + a[l])</code>')
  expect(section).not.toMatch(/[`*]|<dd><\/dd>/)
})

test('every word of the reports has an entry', () => {
  for (const file of ['src/cli/report/demo-report.ts', 'src/cli/report/study-report.ts']) {
    const list = /const words = \[([^\]]*)\]/.exec(readFileSync(join(root, file), 'utf8'))![1]!
    const titles = [...list.matchAll(/'([^']+)'/g)].map(([, title]) => title!)
    expect(titles.length).toBeGreaterThan(5)
    expect(titles.filter((title) => !entries.has(title))).toEqual([])
  }
})

test('each study stands beside a question', () => {
  const page = text('questions.md')
  const asked = [...page.matchAll(/resnet study (\w+)/g)].map(([, name]) => name!)
  const names = studies.map(({ name }) => name)
  expect(names.filter((name) => !asked.includes(name))).toEqual([])
  expect(asked.filter((name) => !names.includes(name))).toEqual([])
})

test('the pages of the lab that it names exist', () => {
  const titles = readFileSync(join(root, 'lab/src/pages/index.ts'), 'utf8')
  const rows = text('questions.md')
    .match(/^\| .+ \|$/gm)!
    .slice(1)
  const pages = rows
    .flatMap((row) =>
      row
        .split('|')
        .at(-2)!
        .split(',')
        .map((name) => name.trim()),
    )
    .filter(Boolean)
  expect(pages.length).toBeGreaterThan(10)
  for (const page of new Set(pages)) expect(titles).toContain(`title: '${page}'`)
})

test('the source that reads the glossary quotes it as it is', () => {
  const source = readFileSync(join(root, 'src/cli/report/words.ts'), 'utf8')
  const quoted = /`(\*\*\w+\.\*\* [^`]*?) ?\.\.\.`/.exec(source)![1]!
  expect(text('glossary.md').replaceAll(/\s+/g, ' ')).toContain(quoted)
})
