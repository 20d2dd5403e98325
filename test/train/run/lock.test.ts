/** One process a folder: who is refused, and whose lock is taken over. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { hasEnded, type Owner, RunLock, thisProcess } from '../../../src/train/run/lock.node.js'
import { FaultyDisk } from './faulty-disk.js'

const base = mkdtempSync(join(tmpdir(), 'run lock '))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const file = join(base, 'run.lock')
const here = thisProcess()

test('a second one is refused, and let in when the first has gone', async () => {
  const lock = await RunLock.take(base)
  await expect(RunLock.take(base)).rejects.toThrow(
    `${base}: process ${process.pid} on ${here.host} trains in this folder; wait for it, stop it, or use another ` +
      `folder (if there is no such process any more, delete ${file})`,
  )
  lock.release()
  expect(existsSync(file)).toBe(false)
  const next = await RunLock.take(base)
  next.release()
})

test('of several at once, one gets it, also where a dead one had it', async () => {
  writeFileSync(file, JSON.stringify({ ...here, boot: 'an earlier one' }))
  const tries = await Promise.allSettled(Array.from({ length: 5 }, () => RunLock.take(base)))
  const locks = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  expect(locks.length).toBe(1)
  locks[0]!.release()
})

test('a lock of a dead process that cannot be moved away', async () => {
  const faulty = new FaultyDisk()
  await faulty.makeFolder('/runs/x')
  faulty.files.set('/runs/x/run.lock', new TextEncoder().encode(JSON.stringify({ ...here, boot: 'an earlier one' })))
  faulty.failWhere((operation) => (operation === 'rename' ? 'EACCES' : undefined))
  await expect(RunLock.take('/runs/x', faulty)).rejects.toThrow(
    '/runs/x/run.lock: cannot be taken over: permission denied',
  )
})

test('a lock that cannot be read', async () => {
  const faulty = new FaultyDisk()
  await faulty.makeFolder('/runs/x')
  faulty.files.set('/runs/x/run.lock', new TextEncoder().encode(JSON.stringify(here)))
  faulty.failWhere((operation) => (operation === 'read' ? 'EIO' : undefined))
  await expect(RunLock.take('/runs/x', faulty)).rejects.toThrow('/runs/x/run.lock: cannot be read: ')
})

test('a right to a dead lock whose holder was killed is taken over too', async () => {
  const dead = JSON.stringify({ ...here, boot: 'an earlier one' })
  writeFileSync(file, dead)
  const name = (text: string) => `${file}.${createHash('sha256').update(text).digest('hex').slice(0, 16)}.tmp`
  const killed = JSON.stringify({ ...here, boot: 'an earlier one', token: 'of its own' })
  writeFileSync(name(dead), killed)
  const lock = await RunLock.take(base)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject(here)
  expect(readdirSync(base)).toEqual(['run.lock'])
  lock.release()
})

test('a dead lock that was replaced in the meantime is not taken over', async () => {
  const faulty = new FaultyDisk()
  await faulty.makeFolder('/runs/x')
  const dead = JSON.stringify({ ...here, boot: 'an earlier one' })
  const alive = JSON.stringify({ ...here, token: 'of another one' })
  faulty.files.set('/runs/x/run.lock', new TextEncoder().encode(dead))
  // Between reading it and getting the right to it, another process was quicker.
  faulty.failWhere((operation) => {
    if (operation === 'link' && faulty.log.filter((other) => other === 'link').length === 2)
      faulty.files.set('/runs/x/run.lock', new TextEncoder().encode(alive))
    return undefined
  })
  await expect(RunLock.take('/runs/x', faulty)).rejects.toThrow('trains in this folder')
  expect([...faulty.files.keys()]).toEqual(['/runs/x/run.lock'])
  expect(new TextDecoder().decode(faulty.files.get('/runs/x/run.lock'))).toBe(alive)
})

test('where a file has one name only, a lock is made all the same', async () => {
  const faulty = new FaultyDisk()
  await faulty.makeFolder('/runs/x')
  faulty.failWhere((operation) => (operation === 'link' ? 'ENOTSUP' : undefined))
  await RunLock.take('/runs/x', faulty)
  expect([...faulty.files.keys()]).toEqual(['/runs/x/run.lock'])
  await expect(RunLock.take('/runs/x', faulty)).rejects.toThrow('trains in this folder')
})

test('a lock that another one holds by now is not removed', async () => {
  const lock = await RunLock.take(base)
  writeFileSync(file, 'of another one')
  lock.release()
  expect(readFileSync(file, 'utf8')).toBe('of another one')
  rmSync(file)
})

describe('whether a process has ended', () => {
  const other = (change: Partial<Owner>): Owner => ({ ...here, ...change })

  test('this one has not', () => {
    expect(hasEnded(here)).toBe(false)
  })

  test('a killed one has', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const alive = other({ pid: child.pid!, started: '' })
    expect(hasEnded(alive)).toBe(false)
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(hasEnded(alive)).toBe(true)
  })

  test.skipIf(here.started === '')('one whose number belongs to a later process has', () => {
    expect(hasEnded(other({ started: '1' }))).toBe(true)
  })

  test('all of before the machine was started again have', () => {
    expect(hasEnded(other({ boot: 'an earlier one' }))).toBe(true)
  })

  test('of other machines and containers nobody knows: they count as running', () => {
    expect(hasEnded(other({ host: 'elsewhere', pid: 2 ** 22 }))).toBe(false)
    expect(hasEnded(other({ space: 'pid:[1]', pid: 2 ** 22 }))).toBe(false)
  })

  test('another machine may have the same host name: its processes count as running', () => {
    expect(hasEnded(other({ machine: 'another one', boot: 'of its own', pid: 2 ** 22 }))).toBe(false)
    const { machine: _, ...old } = here // as older versions wrote locks
    expect(hasEnded({ ...old, boot: 'of another machine, or an earlier one of this', pid: 2 ** 22 })).toBe(false)
    expect(hasEnded({ ...old, pid: 2 ** 22 })).toBe(here.boot !== '')
    const unknown = { ...here, machine: '' }
    expect(hasEnded({ ...unknown, boot: 'of another machine, or an earlier one of this' }, unknown)).toBe(false)
  })
})

test.each(['', '{"pid"', 'null', '{}'])('a lock that says "%s" was left by a killed process', async (text) => {
  writeFileSync(file, text)
  const lock = await RunLock.take(base)
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject(here)
  lock.release()
})
