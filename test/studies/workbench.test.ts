/** What a workbench keeps: parts and nets are made once, and an interrupted training goes on. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cifarNet, recipeFor } from '../../src/studies/nets.js'
import { finalErrors } from '../../src/studies/workbench.js'
import { weightHash } from '../../src/train/checkpoint/weight-hash.js'
import { engine, testBench } from './bench.js'

afterAll(() => engine.dispose())

test('a part is measured once, and again where its file was removed or is asked for by another name', async () => {
  const bench = testBench()
  let times = 0
  const work = async () => ({ times: ++times })
  expect(await bench.once('part', work)).toEqual({ times: 1 })
  expect(await bench.once('part', work)).toEqual({ times: 1 })
  expect(await testBench({ folder: bench.folder }).once('part', work)).toEqual({ times: 1 })
  expect(await bench.once('other part', work)).toEqual({ times: 2 })
  const [file] = readdirSync(join(bench.folder, 'parts'))
  writeFileSync(join(bench.folder, 'parts', file!), '{"resu')
  const damaged = await Promise.all(['part', 'other part'].map((name) => bench.once(name, work).catch(String)))
  expect(
    damaged.filter((text) => String(text).includes('is damaged; remove it, and this part is measured again')),
  ).toHaveLength(1)
})

test('a training that was interrupted ends in the same bits, and is not repeated', async () => {
  const recipe = { batchSize: 16, epochs: 2, lr: 0.05 }
  const whole = testBench()
  const spec = cifarNet(whole, 'residual', 8, { widths: [4, 6, 8] })
  const trained = await whole.train(spec, recipe, 0)
  expect(trained.history).toHaveLength(2)

  const controller = new AbortController()
  const first = testBench({
    signal: controller.signal,
    onTraining: (_training, { step }) => {
      if (step >= 3) controller.abort(new Error('enough'))
    },
  })
  await expect(first.train(spec, recipe, 0)).rejects.toThrow('enough')
  const steps: number[] = []
  const second = testBench({ folder: first.folder, onTraining: (_training, { step }) => void steps.push(step) })
  const resumed = await second.train(spec, recipe, 0)
  expect(Math.min(...steps)).toBeGreaterThan(3)
  expect(resumed.history).toEqual(trained.history)
  expect(weightHash((await resumed.checkpoint()).weights)).toBe(weightHash((await trained.checkpoint()).weights))

  steps.length = 0
  await second.train(spec, recipe, 0)
  expect(steps).toEqual([])
  expect(finalErrors(resumed).test).toBe(resumed.history[1]!.test!.top1Error)
})

test('a net that loses its numbers counts as guessing', async () => {
  const bench = testBench()
  const spec = cifarNet(bench, 'plain', 8, { widths: [4, 6, 8] })
  const trained = await bench.train(spec, { batchSize: 16, epochs: 1, lr: 1e30 }, 0)
  expect(trained.lost).toContain('step')
  expect(finalErrors(trained)).toEqual({ train: 90, test: 90 })
})

test('recipes', () => {
  expect(recipeFor(testBench({ epochs: undefined }))).toMatchObject({ epochs: 4, batchSize: 64 })
  expect(recipeFor(testBench({ scale: 'paper', epochs: 20 }))).toMatchObject({ epochs: 20, milestones: [10, 15] })
  expect(recipeFor(testBench({ scale: 'paper', epochs: undefined }))).toMatchObject({ steps: 64_000, lr: 0.1 })
})
