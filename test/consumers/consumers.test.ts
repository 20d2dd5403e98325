/**
 * The package in pages of a real browser, built in the ways that users build them, with shared memory and without: it
 * trains to the same bits as WebAssembly in Node, and leaves the page's thread alone.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtin, createTrainer, type Prediction, preset } from '../../src/internal.node.js'
import { absent, launch, required, serve } from './browser.js'
import { builders, install } from './build.js'
import { longestTask } from './trace.js'

/** What `program.js` answers of a training. */
interface Outcome {
  readonly build: string
  readonly threads: number
  readonly reason: string
  readonly top1Error: number
  readonly weightHash: string
}

interface Opened {
  train(): Promise<Outcome>
  close(): Promise<void>
}

declare global {
  function openTraining(recipe: object): Promise<Opened>
  var opened: Opened
  function look(): Promise<{ answers: Prediction[][]; empty: string; missing: string }>
}

const recipe = { batchSize: 64, steps: 6, lr: 0.05, seed: 5, augmentation: { pad: 2, flip: true } }

/** Milliseconds of the processor that a task of the page's thread may take: beyond that, people notice. */
const LONGEST_TASK = 50

/** What WebAssembly in Node makes of the same training. */
async function expected(): Promise<Pick<Outcome, 'build' | 'top1Error' | 'weightHash'>> {
  const spec = preset('resnet8', { input: { channels: 3, height: 16, width: 16 } })
  const data = builtin({ size: 16, train: 512, test: 64 })
  await using trainer = await createTrainer(spec, data, recipe, { engine: 'wasm' })
  for await (const _ of trainer.steps());
  const { top1Error } = await trainer.evaluate()
  return { build: trainer.engine.build, top1Error, weightHash: await trainer.weightHash() }
}

if (absent && !required) console.warn(`4 consumers in 8 pages are skipped: ${absent}`)

describe.skipIf(absent && !required)('in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-consumers-'))
  let browser: Browser
  let inNode: Awaited<ReturnType<typeof expected>>

  beforeAll(async () => {
    browser = await launch()
    install(folder)
    inNode = await expected()
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const trace = (page: Page) => browser.startTracing(page, { categories: ['toplevel'] })

  /** Opens a page and hands it over once its program is loaded; whatever goes wrong in it is an error here. */
  async function visit(origin: string, path: string, body: (page: Page) => Promise<void>): Promise<void> {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    try {
      await page.goto(`${origin}${path}`)
      await page
        .waitForFunction(() => 'openTraining' in globalThis)
        .catch((error: Error) => problems.push(error.message))
      expect(problems).toEqual([])
      await body(page)
    } finally {
      await page.close()
    }
  }

  test('a page whose thread is kept busy would be seen', async () => {
    const page = await browser.newPage()
    await trace(page)
    await page.evaluate((milliseconds) => {
      for (const end = performance.now() + milliseconds; performance.now() < end; );
    }, 20 * LONGEST_TASK)
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve))) // or the trace ends within that task
    expect(longestTask(await browser.stopTracing())).toBeGreaterThan(LONGEST_TASK)
    await page.close()
  })

  test('a network is loaded and looks at what pages have', async () => {
    const { folder: root, path } = await builders['a plain page'](folder)
    const server = await serve(root, false)
    try {
      await visit(server.origin, path, async (page) => {
        const { answers, empty, missing } = await page.evaluate(() => globalThis.look())
        expect(answers).toEqual(Array(4).fill(answers[0]))
        expect(answers[0]![0]!.probability).toBeGreaterThanOrEqual(answers[0]![1]!.probability)
        expect(empty).toBe('picture 1 of 1: it has no pixels yet (0x0); wait until it has loaded')
        expect(missing).toBe('nowhere.safetensors: cannot be fetched: the server answers 404, expected 200')
      })
    } finally {
      server.close()
    }
  })

  describe.each(Object.entries(builders))('%s', (_, build) => {
    let built: { folder: string; path: string }
    beforeAll(async () => {
      built = await build(folder)
    }, 300_000)

    test.each([true, false])('cross-origin isolated: %s', async (isolated) => {
      const server = await serve(built.folder, isolated)
      try {
        await visit(server.origin, built.path, async (page) => {
          await page.evaluate(async (recipe) => {
            globalThis.opened = await globalThis.openTraining(recipe)
          }, recipe)
          await trace(page)
          const outcome = await page.evaluate(() => globalThis.opened.train())
          const longest = longestTask(await browser.stopTracing())
          await page.evaluate(() => globalThis.opened.close())
          console.log(`${outcome.threads} threads; longest task ${longest.toFixed(1)} ms of processor time`)

          const { threads, reason, ...figures } = outcome
          expect(figures).toEqual(inNode)
          if (isolated) expect(reason).toBe('the fastest that works here')
          else {
            expect(threads).toBe(1)
            expect(reason).toContain(
              'on one thread, as this page is not cross-origin isolated; for more, serve it with',
            )
          }
          expect(longest).toBeLessThan(LONGEST_TASK)
        })
      } finally {
        server.close()
      }
    })
  })
})
