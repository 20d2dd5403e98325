/** The examples of the README run unchanged, only smaller. Another test checks their types and those in docs/. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { folderFor, readmeExamples, withoutTypes } from '../docs/examples.js'
import { root } from './sources.js'

/** Replacements that make an example quick and free of the network. Each pattern must occur in one of them. */
const smaller: readonly [RegExp, string][] = [
  [/'hub:timm\/resnet18\.a1_in1k'/g, `'weights.safetensors'`],
  [/\bbuiltin\(\{ size: 16 \}\)/g, 'builtin({ size: 16, train: 64, test: 32 })'],
  [/'resnet(20|56)'/g, `'resnet8'`],
  [/\bepochs: \d+/g, 'epochs: 1'],
  [/\bsteps: \d+/g, 'steps: 2'],
  [/\bsteps\(\d+\)/g, 'steps(2)'],
  [/\bbatchSize: \d+/g, 'batchSize: 16'],
]

const folder = folderFor('readme')
const examples = readmeExamples()

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(root, 'test/formats/fixtures/bearpaw.safetensors'), join(folder, 'weights.safetensors'))
  await sharp({ create: { width: 60, height: 40, channels: 3, background: '#864' } }).toFile(join(folder, 'cat.jpg'))
})

test('the README has examples to run, and each way to make them smaller is of use', () => {
  expect(examples.length).toBeGreaterThan(2)
  for (const [pattern] of smaller) expect(examples.join('\n')).toMatch(pattern)
})

describe.each(examples.map((text, i) => [i + 1, text] as const))('example %i', (number, text) => {
  test('runs', () => {
    const small = smaller.reduce((code, [pattern, replacement]) => code.replaceAll(pattern, replacement), text)
    const script = join(folder, `example${number}.mjs`)
    writeFileSync(script, withoutTypes(small))
    const output = execFileSync(process.execPath, [script], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    console.log(output.trim())
    expect(output).not.toBe('')
    expect(output).not.toMatch(/NaN|undefined/)
  })
})
