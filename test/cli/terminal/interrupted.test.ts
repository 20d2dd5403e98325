/** Ctrl-C in commands that are no training: what was kept is said in a line, with the way on. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { resnet } from '../run.js'

// Nets of 56 layers take some steps before there is anything to keep, on a busy machine for long.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const base = mkdtempSync(join(tmpdir(), 'resnet interrupted '))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** Runs a command and interrupts it once, when standard error says something. */
async function interrupted(args: readonly string[], text: string, signal: NodeJS.Signals = 'SIGINT') {
  let done = false
  return resnet(args, {
    onErr: (err, stop) => {
      if (done || !err.includes(text)) return
      done = true
      stop(signal)
    },
  })
}

describe('demo', () => {
  const args = (folder: string) => ['demo', '--steps', '20', '--save-dir', folder]

  test('before anything was measured nothing is kept', async () => {
    const folder = join(base, 'demo early')
    const { code, err } = await interrupted(args(folder), 'learn the built-in pictures')
    expect(code).toBe(130)
    expect(err).toMatch(
      /\nstopped; nothing was kept; begin again with: \S.* demo --steps 20 --save-dir ".*demo early"\n$/,
    )
  })

  test('keeps the curves so far, and says that they were stopped', async () => {
    const folder = join(base, 'demo')
    const { code, out, err } = await interrupted(args(folder), 'test error', 'SIGTERM')
    expect({ code, out }).toEqual({ code: 143, out: '' })
    const report = join(folder, 'report.html')
    expect(err).toMatch(
      /\nstopped after step \d+ of 20; the curves so far are in .*report\.html; begin again with: \S.* demo /,
    )
    const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))
    expect(result.stopped).toMatch(/^It was stopped after step \d+ of 20\.$/)
    expect(result.curves.map(({ points }: { points: unknown[] }) => points.length > 0)).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect(readFileSync(report, 'utf8')).toContain('It did not come to its end.')
  })

  test('leaves what an earlier one had found', async () => {
    const folder = join(base, 'demo')
    const whole = '{"steps":2}'
    writeFileSync(join(folder, 'result.json'), whole)
    await interrupted(args(folder), 'test error')
    expect(readFileSync(join(folder, 'result.json'), 'utf8')).toBe(whole)
    expect(existsSync(join(folder, 'stopped-result.json'))).toBe(true)
  })
})

test('study: keeps finished parts, and says the command to go on with', async () => {
  const folder = join(base, 'study')
  const { code, err } = await interrupted(
    ['study', 'degradation', '--seeds', '0', '--save-dir', folder],
    'degradation: ',
  )
  expect(code).toBe(130)
  expect(err).toContain(`\nstopped; finished parts and the net under way are kept in ${folder}; go on with: `)
  expect(err).toContain(` study degradation --seeds 0 --save-dir "${folder}"\n`)
})

describe('commands on pictures', () => {
  const pictures = join(base, 'pictures')
  let weights: string
  beforeAll(async () => {
    const run = join(base, 'run')
    const net = '-a resnet8 --size 16 --limit-train 8 --limit-test 4 -b 4 --steps 1'.split(' ')
    await resnet(['train', ...net, '--save-dir', run])
    weights = join(run, 'last.safetensors')
    const { mkdirSync } = await import('node:fs')
    mkdirSync(pictures)
    const file = join(pictures, '0.png')
    await sharp({ create: { width: 40, height: 40, channels: 3, background: '#b40' } })
      .png()
      .toFile(file)
    for (let i = 1; i < 1500; i++) writeFileSync(join(pictures, `${i}.png`), readFileSync(file))
  })

  test('predict: says how many were answered', async () => {
    const { code, out, err } = await new Promise<Awaited<ReturnType<typeof resnet>>>((resolve) => {
      resolve(
        interrupted(['predict', pictures, '--weights', weights, '--explain', join(base, 'maps')], 'where resnet8 sees'),
      )
    })
    expect(code).toBe(130)
    const told =
      /\nstopped after (\d+) of 1500 pictures; their answers are whole; the rest again with: \S.* predict /.exec(err)
    expect(out.match(/\.png\n/g)!.length).toBe(Number(told![1]))
  })

  test('embed: writes nothing', async () => {
    const out = join(base, 'features.npy')
    const { code, err } = await interrupted(
      ['embed', pictures, '--weights', weights, '--out', out],
      'checkpoint of resnet.ts',
    )
    expect(code).toBe(130)
    expect(err).toMatch(/\nstopped; nothing was kept; begin again with: \S.* embed /)
    expect(existsSync(out)).toBe(false)
  })
})
