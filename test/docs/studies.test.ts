/** The example of docs/studies.md runs, smaller, and its flags are those of the command. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../formats/others.js'
import { pageOf } from './examples.js'

const page = pageOf('studies.md', () => {})

test('a study of one’s own runs and is judged', () => {
  const [example] = page.blocks('ts')
  const small = example!.replace('epochs: 2, batchSize: 64', 'steps: 2, batchSize: 64')
  expect(small).not.toBe(example)
  expect(page.runExample(small)).toMatch(/^(holds|does-not-hold|inconclusive) -?[\d.]+\n$/)
})

test('flags and values are those of the command', () => {
  const help = page.run(join(root, 'bin/resnet.js'), 'study', '--help')
  const shown = page.blocks('sh').join('\n')
  for (const flag of new Set(shown.match(/--[a-z-]+/g))) expect(help).toContain(flag)
})
