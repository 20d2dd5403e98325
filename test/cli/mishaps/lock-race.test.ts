/** Processes that all find the lock of one that has ended: one of them gets it, each time. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { thisProcess } from '../../../src/train/run/lock.node.js'

const [RACERS, ROUNDS] = [8, 25]
/** Milliseconds in which every racer has heard of a round. */
const NOTICE = 30

type Said = { readonly got?: true; readonly refused?: string }

test('of eight at once, exactly one takes over a dead lock, and leaves nothing else behind', async () => {
  const base = mkdtempSync(join(tmpdir(), 'lock race '))
  const racers = Array.from({ length: RACERS }, () => fork(fileURLToPath(new URL('lock-racer.mjs', import.meta.url))))
  const all = async (send?: (racer: (typeof racers)[number]) => void) => {
    const answers = racers.map((racer) => once(racer, 'message'))
    if (send) for (const racer of racers) send(racer)
    return (await Promise.all(answers)).map(([said]) => said as Said)
  }
  try {
    await all()
    const rounds: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      // Killed, with a number that no process has; the first as older versions wrote locks.
      const { machine: _, ...old } = thisProcess()
      const dead = round % 2 === 0 ? old : { ...thisProcess(), token: String(round) }
      writeFileSync(join(base, 'run.lock'), `${JSON.stringify({ ...dead, pid: 2 ** 22 + 1 + round, started: '1' })}\n`)
      const at = Date.now() + NOTICE
      const said = await all((racer) => racer.send({ take: { at, folder: base } }))
      rounds.push(said.filter(({ got }) => got).length)
      for (const { refused } of said) if (refused !== undefined) expect(refused).toContain('trains in this folder')
      expect(readdirSync(base).filter((name) => name === 'run.lock')).toEqual(['run.lock'])
      await all((racer) => racer.send({ release: true }))
      expect(readdirSync(base)).toEqual([])
    }
    expect(rounds).toEqual(Array.from({ length: ROUNDS }, () => 1))
  } finally {
    for (const racer of racers) racer.kill()
    rmSync(base, { recursive: true, force: true })
  }
}, 120_000)
