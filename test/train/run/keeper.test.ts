/** A training kept on a disk that fails: whatever fails, and whenever, the last good checkpoint stays. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openReference } from '../../../src/engine/reference/engine.js'
import { type Checkpoint, decodeCheckpoint } from '../../../src/train/checkpoint/checkpoint.js'
import { RunFolder } from '../../../src/train/run/folder.node.js'
import { RunKeeper } from '../../../src/train/run/keeper.node.js'
import { Trainer } from '../../../src/train/trainer.js'
import { tinyData, tinyRecipe, tinySpec } from '../tiny.js'
import { FaultyDisk, type Operation } from './faulty-disk.js'

/** The states of a training at the end of its first two epochs. */
async function twoEpochs(): Promise<Checkpoint[]> {
  await using trainer = await Trainer.open(openReference(), tinySpec, tinyData(), tinyRecipe())
  const states: Checkpoint[] = []
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (const _ of trainer.steps(3));
    await trainer.evaluate()
    states.push(await trainer.checkpoint())
  }
  return states
}
const states = await twoEpochs()

/** A keeper whose trainer stands at the state that `at` names. */
function kept(disk: FaultyDisk) {
  const at = { state: states[0]! }
  const folder = new RunFolder('/runs/x', { files: disk })
  const keeper = new RunKeeper({ checkpoint: async () => at.state, imagesPerSecond: 100 }, folder)
  return { at, folder, keeper }
}

const lastStep = (disk: FaultyDisk) =>
  decodeCheckpoint(disk.files.get('/runs/x/last.safetensors')!, 'last').progress.step

const record = (state: Checkpoint) => state.progress.history.at(-1)!

describe('a disk that fails at the end of an epoch', () => {
  const codes: [code: string, reason: string][] = [
    ['ENOSPC', 'the disk is full'],
    ['EACCES', 'permission denied'],
    ['EIO', 'the disk failed to read or write; look at its health, and at the cable or the network to it'],
  ]

  test.each(codes)('%s at any operation: a clear error, a whole checkpoint, and a way on', async (code, reason) => {
    const count = await operations()
    expect(count).toBeGreaterThan(8)
    for (let failing = 0; failing < count; failing++) {
      const disk = new FaultyDisk()
      const { at, folder, keeper } = kept(disk)
      await folder.startAnew()
      await keeper.epoch(record(states[0]!))
      disk.failWhere((_, index) => (index === failing ? code : undefined))
      at.state = states[1]!
      const error = await keeper.epoch(record(states[1]!)).then(
        () => undefined,
        (error: Error) => error,
      )
      expect(error?.name, `operation ${failing}`).toBe('DataError')
      expect(error!.message).toMatch(/^\/runs\/x\/(last|best)\.safetensors|^\/runs\/x\/metrics\.jsonl/)
      expect(error!.message).toContain(
        `cannot be written: ${reason}; training stopped after step 6, the checkpoint of step 3 in /runs/x is whole: ` +
          'put this right and go on with --resume /runs/x',
      )
      disk.failWhere(undefined)
      const step = lastStep(disk)
      expect([3, 6]).toContain(step)
      decodeCheckpoint(disk.files.get('/runs/x/best.safetensors')!, 'best')
      expect([...disk.files.keys()].filter((name) => name.endsWith('.tmp'))).toEqual([])
      folder.release()

      disk.files.delete('/runs/x/run.lock')
      const again = kept(disk)
      again.at.state = states[1]!
      await again.folder.goOnFrom(states[step / 3 - 1]!.progress)
      if (step < 6) await again.keeper.epoch(record(states[1]!))
      again.folder.release()
      const lines = new TextDecoder().decode(disk.files.get('/runs/x/metrics.jsonl')!).trimEnd().split('\n')
      expect(lines.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([3, 6])
    }
  })

  async function operations(): Promise<number> {
    const disk = new FaultyDisk()
    const { folder, keeper } = kept(disk)
    await folder.startAnew()
    disk.failWhere(() => undefined)
    await keeper.epoch(record(states[0]!))
    folder.release()
    return disk.log.length
  }
})

describe('a disk that fails at the start', () => {
  test.each<[Operation, string, string]>([
    ['makeFolder', 'EACCES', '/runs/x: cannot be made a folder: permission denied'],
    ['open', 'EROFS', '/runs/x/run.lock: cannot be written: the disk is read-only'],
    ['write', 'ENOSPC', '/runs/x/run.lock: cannot be written: the disk is full'],
    ['list', 'EIO', '/runs/x: cannot be tidied: the disk failed to read or write'],
  ])('%s: %s', async (operation, code, message) => {
    const disk = new FaultyDisk()
    disk.failWhere((other) => (other === operation ? code : undefined))
    const folder = new RunFolder('/runs/x', { files: disk })
    await expect(folder.startAnew()).rejects.toThrow(message)
    folder.release()
    if (operation === 'write') expect(disk.files.size).toBe(0)
  })

  test('nothing saved yet: says so', async () => {
    const disk = new FaultyDisk()
    const { folder, keeper } = kept(disk)
    await folder.startAnew()
    disk.failWhere((operation) => (operation === 'write' ? 'ENOSPC' : undefined))
    await expect(keeper.save()).rejects.toThrow(
      '/runs/x/last.safetensors: cannot be written: the disk is full; training stopped after step 3, nothing had been saved',
    )
    expect(keeper.saved).toBe('nothing had been saved')
    folder.release()
  })
})

test('a folder that was removed under a training is told as such', async () => {
  const disk = new FaultyDisk()
  const { folder, keeper } = kept(disk)
  await folder.startAnew()
  disk.folders.clear()
  await expect(keeper.save()).rejects.toThrow('/runs/x/last.safetensors: cannot be written: its folder does not exist')
  folder.release()
})

test('files that a killed process left half written are cleared away', async () => {
  const disk = new FaultyDisk()
  disk.folders.add('/runs/x')
  const left = [
    '.last.safetensors.123.tmp',
    '.best.safetensors.9.tmp',
    '.best-on-val.safetensors.9.tmp',
    '.metrics.jsonl.1.tmp',
    'run.lock.77.tmp',
  ]
  for (const name of [...left, '.mine.tmp']) disk.files.set(`/runs/x/${name}`, new Uint8Array(3))
  const folder = new RunFolder('/runs/x', { files: disk })
  await folder.claim()
  expect([...disk.files.keys()].sort()).toEqual(['/runs/x/.mine.tmp', '/runs/x/run.lock'])
  folder.release()
})

describe('checkpoints now and then', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  async function savedAt(every: { seconds: number } | { steps: number }, tick: () => void) {
    const disk = new FaultyDisk()
    let now = 0
    let step = 0
    const saved: number[] = []
    const folder = new RunFolder('/runs/x', { files: disk })
    await folder.claim()
    const checkpoint = async () => {
      saved.push(step)
      return { ...states[0]!, progress: { ...states[0]!.progress, step } }
    }
    const keeper = new RunKeeper({ checkpoint, imagesPerSecond: 1 }, folder, undefined, { every, now: () => now })
    for (step = 1; step <= 10; step++) {
      now += 7000
      tick()
      await keeper.progress(step)
    }
    folder.release()
    return saved
  }

  test('by steps', async () => {
    expect(await savedAt({ steps: 4 }, () => {})).toEqual([4, 8])
  })

  test('by seconds, also when the clock is set back', async () => {
    expect(await savedAt({ seconds: 20 }, () => {})).toEqual([3, 6, 9])
    vi.useFakeTimers({ toFake: ['Date'] })
    expect(await savedAt({ seconds: 20 }, () => vi.setSystemTime(Date.now() - 3_600_000))).toEqual([3, 6, 9])
  })
})
