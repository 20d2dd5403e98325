/** The example of docs/upscaling.md runs, and its commands do what they say. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { root } from '../formats/others.js'
import { pageOf } from './examples.js'

const { folder, blocks, run, runExample } = pageOf('upscaling.md', async (place) => {
  mkdirSync(join(place, 'pictures'))
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const
  const create = { channels: 3, background: '#864', noise } as const
  for (const name of ['a', 'b'])
    await sharp({ create: { ...create, width: 48, height: 48 } }).toFile(join(place, 'pictures', `${name}.png`))
  await sharp({ create: { ...create, width: 20, height: 16 } }).toFile(join(place, 'small.png'))
})

test('the example runs', () => {
  expect(blocks('ts').map(runExample)).toEqual(['true\n4 4\n'])
})

test('the commands', () => {
  const [train, upscale, ...others] = blocks('sh').map((line) => line.trim().split(' ').slice(4)) // npx --no -- resnet
  expect(others).toEqual([])
  const resnet = join(root, 'bin/resnet.js')
  expect(run(resnet, ...train!, '--steps', '1', '-b', '1')).toContain('saved in runs/vdsr20-folder')
  expect(run(resnet, ...upscale!)).toBe('large.png  40x32\n')
  expect(existsSync(join(folder, 'large.png'))).toBe(true)
}, 60_000)
