/** What reaches a terminal: no name in a file of others steers it; and results that cannot be written. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { oneLine, visible } from '../../../src/cli/terminal/output.js'
import {
  builtin,
  createTrainer,
  encodeCheckpoint,
  exportSafetensors,
  preset,
  textTable,
} from '../../../src/internal.node.js'
import { resnet } from '../run.js'

const base = mkdtempSync(join(tmpdir(), 'resnet terminal '))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** Paints, clears the screen, sets the title, forges a line, turns the line, in one name. */
const EVIL = 'cat\u001b[31m\u001b[2J\u001b]0;title\u0007\r\nresnet: all is well\u009b5m\u202e\u007f'
const TYPED = EVIL.replaceAll(/[\r\n]/g, '')
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

let weights: string
let exported: string
const picture = join(base, 'a.png')

beforeAll(async () => {
  const data = builtin({ size: 16, train: 8, test: 4 })
  const input = { channels: 3, height: 16, width: 16 }
  await using trainer = await createTrainer(preset('resnet8', { classes: 10, input }), data, { batchSize: 4, steps: 1 })
  const checkpoint = await trainer.checkpoint()
  const classes = checkpoint.preprocessing.classes.map((name, i) => `${EVIL}${i}${name}`)
  const evil = {
    ...checkpoint,
    spec: { ...checkpoint.spec, name: EVIL },
    data: { ...checkpoint.data, name: EVIL },
    preprocessing: { ...checkpoint.preprocessing, classes },
  }
  weights = join(base, 'evil.safetensors')
  writeFileSync(weights, encodeCheckpoint(evil))
  exported = join(base, 'exported.safetensors')
  writeFileSync(exported, await exportSafetensors(evil))
  await sharp({ create: { width: 20, height: 20, channels: 3, background: '#0a4' } })
    .png()
    .toFile(picture)
})

test.each([
  ['predict', () => ['predict', picture, '--weights', weights]],
  ['predict with maps', () => ['predict', picture, '--weights', exported, '--explain', join(base, 'map.png')]],
  ['eval', () => ['eval', '--weights', weights, '--dataset', 'builtin', '--limit-test', '4']],
  ['summary', () => ['summary', weights]],
  ['convert', () => ['convert', weights, join(base, 'out.safetensors')]],
  ['a name that is no file', () => ['predict', `${EVIL}.png`, '--weights', weights]],
  ['a flag that is none', () => ['predict', picture, '--weights', weights, `--${TYPED}`]],
  ['a value that is none', () => ['summary', TYPED]],
])('%s prints names with what steers a terminal written out', async (_, args) => {
  const { out, err } = await resnet(args())
  expect(out + err).not.toMatch(STEERING)
  expect(out + err).toMatch(/cat(\\u001b|\ufffd)\[31m/)
  expect(out + err).not.toMatch(/^resnet: all is well/m)
})

test('in JSON a name is the same as ever, and steers nothing either', async () => {
  const { out } = await resnet(['predict', picture, '--weights', weights, '--json', '--top', '1'])
  expect(out).not.toMatch(STEERING)
  const [answer] = (JSON.parse(out) as { pictures: { top: { label: string }[] }[] }).pictures[0]!.top
  expect(answer!.label.startsWith(EVIL)).toBe(true)
})

test('a folder whose names steer: the table, and the report that a browser opens', async () => {
  const folder = join(base, 'folder')
  const names = ['cat\u001b[31m', '<img src=x onerror=alert(1)>"\'&']
  for (const name of names) {
    mkdirSync(join(folder, name), { recursive: true })
    for (let i = 0; i < 4; i++) {
      const background = { r: 60 * i, g: name.length * 5, b: 90 }
      await sharp({ create: { width: 16, height: 16, channels: 3, background } })
        .png()
        .toFile(join(folder, name, `${i}.png`))
    }
  }
  const run = join(base, 'tuned')
  const args = ['finetune', folder, '--weights', weights, '--epochs', '1', '--save-dir', run]
  const { code, out, err } = await resnet(args)
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' })
  expect(out + err).not.toMatch(STEERING)
  const html = readFileSync(join(run, 'report.html'), 'utf8')
  expect(html).not.toContain('<img src=x')
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;')
})

test('text is made visible and stays apart', () => {
  expect(visible('a\tb\nc\u001b[0m\u0085é猫\ud83d\ude00\ud83d')).toBe('a\tb\nc\\u001b[0m\\u0085é猫\ud83d\ude00\\ud83d')
  expect(oneLine(' a \r\n  b\u001b\n')).toBe('a b\\u001b')
  expect(textTable([['a\nb', 'c']], ['left', 'left'])).toBe('a\ufffdb  c')
})

test.skipIf(process.platform !== 'linux')('results for a disk that is full: one line, exit 1', () => {
  const script = fileURLToPath(new URL('../../../bin/resnet.js', import.meta.url))
  for (const args of [['summary', 'resnet20'], ['summary', 'resnet20', '--json'], ['--help']]) {
    const shell = spawnSync('sh', ['-c', '"$0" "$@" > /dev/full', process.execPath, script, ...args])
    expect([shell.stderr.toString(), shell.status]).toEqual([
      'resnet: standard output: cannot be written: the disk is full\n',
      1,
    ])
  }
  const silent = spawnSync('sh', ['-c', '"$0" "$@" 2> /dev/full', process.execPath, script, 'summary', weights])
  expect(silent.status).toBe(0)
})
