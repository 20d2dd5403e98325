/** The examples of docs/predict.md run, and its commands do what they say. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { root } from '../formats/others.js'
import { pageOf } from './examples.js'

const { folder, blocks, run, runExample } = pageOf('predict.md', async (place) => {
  copyFileSync(join(root, 'test/formats/fixtures/bearpaw.safetensors'), join(place, 'weights.pth'))
  for (const inner of ['photos', 'more']) mkdirSync(join(place, inner))
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  for (const name of ['cat.png', 'photos/dog.png', 'more/bird.png'])
    await sharp({ create: { width: 60, height: 40, channels: 3, background: '#864', noise } })
      .png()
      .toFile(join(place, name))
})

const printed = [/^class \d true\n$/, /^true\nclass-activation-map grad-cam 16\n$/, /^8 true\n$/]
const examples = blocks('ts')

test('there are as many examples as answers', () => {
  expect(examples.length).toBe(printed.length)
})

describe.each(examples.map((code, i) => [i + 1, code, printed[i]!] as const))('example %i', (_, code, answer) => {
  test('runs', () => {
    expect(runExample(code)).toMatch(answer)
  })
})

test('the commands', () => {
  const commands = blocks('sh').flatMap((text) => text.trim().split('\n'))
  expect(commands.length).toBe(5)
  for (const line of commands.filter((line) => !line.includes(' hub:'))) {
    const args = line.replaceAll('"', '').split(' ').slice(4) // npx --no -- resnet
    expect(run(join(root, 'bin/resnet.js'), ...args)).toBeDefined()
  }
  for (const file of ['where.png', 'features.npy']) expect(existsSync(join(folder, file))).toBe(true)
})
