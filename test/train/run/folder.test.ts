/** The folder of a run on disk. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Score } from '../../../src/tasks/types.js'
import { RunFolder, readCheckpoint } from '../../../src/train/run/folder.node.js'
import { makeFolder } from '../../../src/util/files/folder.node.js'
import { writeAtomically } from '../../../src/util/files/write.node.js'

const score: Score = { loss: 1, top1Error: 50 }
const base = mkdtempSync(join(tmpdir(), 'resnet run '))
afterAll(() => rmSync(base, { recursive: true, force: true }))

describe('writing atomically', () => {
  test('replaces a file whole and leaves nothing else behind', async () => {
    const folder = join(base, 'atomic')
    await makeFolder(folder)
    const path = join(folder, 'file')
    await writeAtomically(path, 'a long first text')
    await writeAtomically(path, Uint8Array.of(1, 2))
    expect([...readFileSync(path)]).toEqual([1, 2])
    expect(readdirSync(folder)).toEqual(['file'])
  })

  test('keeps the old file when it fails, and says why', async () => {
    const folder = join(base, 'failing')
    const path = join(folder, 'file')
    await mkdir(join(path, 'inside'), { recursive: true }) // a folder cannot be moved over
    await expect(writeAtomically(path, 'text')).rejects.toThrow(`${path}: cannot be written: it is a folder`)
    expect(readdirSync(folder)).toEqual(['file'])
    const nowhere = join(base, 'nowhere', 'file')
    await expect(writeAtomically(nowhere, 'text')).rejects.toThrow(
      `${nowhere}: cannot be written: its folder does not exist`,
    )
  })
})

describe('the folder of a run', () => {
  test('moves an earlier run aside', async () => {
    const run = new RunFolder(join(base, 'again'))
    expect(await run.startAnew()).toBeUndefined()
    await run.appendMetrics({ step: 1 })
    writeFileSync(join(run.path, 'notes.txt'), 'mine')
    expect(await run.startAnew()).toBe(join(run.path, 'earlier-1'))
    await run.appendMetrics({ step: 2 })
    expect(await run.startAnew()).toBe(join(run.path, 'earlier-2'))
    expect(readdirSync(run.path).sort()).toEqual(['earlier-1', 'earlier-2', 'notes.txt', 'run.lock'])
    expect(readFileSync(join(run.path, 'earlier-1', 'metrics.jsonl'), 'utf8')).toBe('{"step":1}\n')
  })

  test('drops metrics that will be made again, and a line that a crash cut short', async () => {
    const run = new RunFolder(join(base, 'on'))
    await run.startAnew()
    for (const step of [3, 6, 9]) await run.appendMetrics({ step, epoch: step / 3 })
    writeFileSync(run.metrics, `${readFileSync(run.metrics, 'utf8')}{"step":1`)
    const epoch = (step: number, test?: Score) => ({
      epoch: step / 3,
      step,
      lr: 1,
      train: score,
      ...(test ? { test } : {}),
    })
    const metrics = () => readFileSync(run.metrics, 'utf8')
    const kept = await run.goOnFrom({ history: [epoch(3, score), epoch(6, score)] })
    expect(kept).toEqual({ step: 6, epoch: 2 })
    expect(metrics()).toBe('{"step":3,"epoch":1}\n{"step":6,"epoch":2}\n')
    // Stopped between the last step of an epoch and its evaluation: that comes again, and with it the line.
    await run.goOnFrom({ history: [epoch(3, score), epoch(6)] })
    expect(metrics()).toBe('{"step":3,"epoch":1}\n')
    await run.goOnFrom({ history: [] })
    expect(metrics()).toBe('')
    run.release()
  })

  test('refuses metrics that no training wrote, and leaves them as they are', async () => {
    const run = new RunFolder(join(base, 'foreign'))
    await run.startAnew()
    for (const line of ['no metrics', '{', '[]', '7']) {
      const foreign = `${line}\n`.repeat(2000)
      writeFileSync(run.metrics, foreign)
      await expect(run.goOnFrom({ history: [] })).rejects.toThrow(
        `${run.metrics}: more than 1000 of its lines are no metrics, so it is not the file that a training wrote; ` +
          'move it out of the folder, and resume again',
      )
      expect(readFileSync(run.metrics, 'utf8')).toBe(foreign)
    }
    run.release()
  })

  test('says what is in the way', async () => {
    const path = join(base, 'a file')
    writeFileSync(path, '')
    await expect(new RunFolder(path).startAnew()).rejects.toThrow(
      `${path}: cannot be made a folder: a file is in the way`,
    )
    await expect(makeFolder(join(path, 'below'))).rejects.toThrow('a part of its path, is no folder')
  })
})

test('checkpoints that cannot be read are named', async () => {
  const gone = join(base, 'gone.safetensors')
  await expect(readCheckpoint(gone)).rejects.toThrow(`${gone}: cannot be read: it does not exist`)
  await expect(readCheckpoint(base)).rejects.toThrow(`${base}: cannot be read: it is a folder, a file was expected`)
  const noise = join(base, 'noise')
  writeFileSync(noise, 'text')
  await expect(readCheckpoint(noise)).rejects.toThrow(`${noise}: not a safetensors file`)
})
