/** What may befall `resnet train`: signals, a full disk, a folder that goes away, a second process, another folder. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { goingOn } from '../../../src/cli/training-run.js'
import { readCheckpoint } from '../../../src/internal.node.js'
import { type RunOptions, resnet } from '../run.js'

const base = mkdtempSync(join(tmpdir(), 'resnet mishaps '))
afterAll(() => rmSync(base, { recursive: true, force: true }))

// The reference engine is slow enough for something to happen in between.
const compute = ['--engine', 'reference']
const net = '-a resnet8 --size 16 --limit-train 12 --limit-test 4 -b 4 --lr 0.01 --epochs 2'.split(' ')

const start = (folder: string, more: readonly string[] = [], options: RunOptions = {}) =>
  resnet(['train', ...net, ...compute, '--save-dir', folder, '--json', ...more], options)
const resume = (path: string, ...more: string[]) => resnet(['train', '--resume', path, ...compute, '--json', ...more])
const hashOf = ({ out }: { readonly out: string }) => (JSON.parse(out) as { weightHash: string }).weightHash

const whole = start(join(base, 'whole'))

/** Once, when standard error says something. */
function when(text: string, act: (stop: (signal: NodeJS.Signals) => void) => void): RunOptions {
  let done = false
  return {
    onErr: (err, stop) => {
      if (done || !err.includes(text)) return
      done = true
      act(stop)
    },
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s: saves, ends with %i, and goes on to the same bits', async (signal, code) => {
  const folder = join(base, signal)
  const stopped = await start(
    folder,
    [],
    when('engine reference', (stop) => stop(signal)),
  )
  expect(stopped).toMatchObject({ code, out: '' })
  const step = Number(/stopped after step (\d+); go on with: \S.* train --resume /.exec(stopped.err)![1])
  expect((await readCheckpoint(join(folder, 'last.safetensors'))).progress.step).toBe(step)
  expect(readdirSync(folder)).not.toContain('run.lock')
  const resumed = await resume(folder)
  expect(resumed.code).toBe(0)
  expect(hashOf(resumed)).toBe(hashOf(await whole))
})

test('a terminal that is closed: saves though nothing can be said any more', async () => {
  const folder = join(base, 'closed')
  const preload = new URL('closed-terminal.mjs', import.meta.url).href
  const stopped = await start(folder, [], { ...when('engine reference', (stop) => stop('SIGHUP')), preload })
  expect(stopped).toMatchObject({ code: 129, out: '' })
  expect(stopped.err).not.toContain('stopped')
  expect((await readCheckpoint(join(folder, 'last.safetensors'))).progress.step).toBeGreaterThan(0)
  expect(readdirSync(folder)).not.toContain('run.lock')
  expect(hashOf(await resume(folder))).toBe(hashOf(await whole))
})

test('a terminal that is closed does not end what nohup started', async () => {
  const folder = join(base, 'nohup')
  const options = when('engine reference', (stop) => stop('SIGHUP'))
  const ended = await start(folder, [], { ...options, env: { _: '/usr/bin/nohup' } })
  expect(ended.code).toBe(0)
  expect(hashOf(ended)).toBe(hashOf(await whole))
})

test('the way on names the data, and quotes what a shell would take apart', () => {
  expect(goingOn({ data: 'my data' }, { path: 'runs/x' })).toBe('train --resume runs/x --data "my data"')
})

test('numbers that an evaluation loses: ends, and the last good checkpoint stays', async () => {
  const folder = join(base, 'lost')
  const { code, out, err } = await start(folder, ['--lr', '1e20', '--schedule', 'constant'])
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(
    /resnet: step \d+ \(epoch 1\): .*; this training cannot go on: begin again with a smaller learning rate or a warm-up; the checkpoint of step \d+ in .* is whole\n$/,
  )
  expect(existsSync(join(folder, 'best.safetensors'))).toBe(false)
  const file = join(folder, 'last.safetensors')
  expect(
    (await resnet(['eval', '--weights', file, '--dataset', 'builtin', '--limit-test', '4', '--json', ...compute])).code,
  ).toBe(0)
})

test('a disk that fills up between two checkpoints: the last one stays, and the way on is told', async () => {
  const folder = join(base, 'full')
  const preload = new URL('full-disk.mjs', import.meta.url).href
  const full = await start(folder, ['--checkpoint-every', '1'], { preload, env: { FULL_DISK_AT: '3' } })
  expect(full.code).toBe(1)
  const file = join(folder, 'last.safetensors')
  const told = new RegExp(
    `resnet: ${file}: cannot be written: the disk is full; training stopped after step (\\d+), the checkpoint of step ` +
      `(\\d+) in ${folder} is whole: put this right and go on with --resume ${folder}\\n$`,
  ).exec(full.err)
  const [stopped, saved] = told!.slice(1).map(Number) as [number, number]
  expect(saved).toBeGreaterThan(0) // of the first steps, though the epoch had not ended
  expect(stopped).toBeGreaterThan(saved)
  expect((await readCheckpoint(file)).progress.step).toBe(saved)
  expect(hashOf(await resume(folder))).toBe(hashOf(await whole))
})

test('a folder that is removed meanwhile', async () => {
  const folder = join(base, 'removed')
  // Moved away, which is one action: the run may be writing a file just then.
  const options = when('epoch 1/2', () => renameSync(folder, `${folder}-away`))
  const { code, err } = await start(folder, [], options)
  expect(code).toBe(1)
  expect(err).toMatch(
    new RegExp(
      `resnet: ${folder}/[a-z.-]+: cannot be written: its folder does not exist; training stopped after step ` +
        `[36], and all that was saved in ${folder} is gone: begin again\\n$`,
    ),
  )
})

test('a second process on the folder is refused, and does no harm', async () => {
  const folder = join(base, 'taken')
  let second: ReturnType<typeof resnet> | undefined
  let third: ReturnType<typeof resnet> | undefined
  const first = await start(
    folder,
    [],
    when('engine reference', () => {
      second = start(folder)
      third = resume(folder)
    }),
  )
  for (const other of [await second!, await third!]) {
    expect(other.code).toBe(1)
    expect(other.err).toMatch(
      new RegExp(
        `resnet: ${folder}: process \\d+ on \\S+ trains in this folder; wait for it, stop it, or use another folder ` +
          `\\(if there is no such process any more, delete ${join(folder, 'run.lock')}\\)\\n$`,
      ),
    )
  }
  expect(hashOf(first)).toBe(hashOf(await whole))
})

describe('going on in another folder', () => {
  test('brings the best checkpoint and the metrics along, and leaves the old run as it was', async () => {
    const [folder, other] = [join(base, 'from'), join(base, 'to')]
    await start(
      folder,
      [],
      when('epoch 1/2', (stop) => stop('SIGINT')),
    )
    const before = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])
    const resumed = await resume(folder, '--save-dir', other)
    expect(resumed.code).toBe(0)
    expect(hashOf(resumed)).toBe(hashOf(await whole))
    expect(readdirSync(other).sort()).toEqual(['best.safetensors', 'last.safetensors', 'metrics.jsonl'])
    const epochs = readFileSync(join(other, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
    expect(epochs.map((line) => (JSON.parse(line) as { epoch: number }).epoch)).toEqual([1, 2])
    const { best } = (await readCheckpoint(join(other, 'last.safetensors'))).progress
    expect((await readCheckpoint(join(other, 'best.safetensors'))).progress.history.at(-1)!.epoch).toBe(best!.epoch)
    expect(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])).toEqual(before)
  })

  test('says where the best one is missing', async () => {
    const [folder, other] = [join(base, 'without best'), join(base, 'to2')]
    await start(
      folder,
      [],
      when('epoch 1/2', (stop) => stop('SIGINT')),
    )
    rmSync(join(folder, 'best.safetensors'))
    const { code, err } = await resume(folder, '--save-dir', other)
    expect(code).toBe(0)
    expect(err).toContain(
      `note: the checkpoint that was best on test (epoch 1, best.safetensors) is not beside ` +
        `${join(folder, 'last.safetensors')}; the run goes on without it, until a better one comes\n`,
    )
    expect(existsSync(join(other, 'last.safetensors'))).toBe(true)
  })
})
