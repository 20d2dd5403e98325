/** The pages Signal, Block, Paths and Architecture in a real browser: each does its main thing. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { presets } from '../../lab/src/pages/presets.js'
import type { LabServer } from '../../src/cli/lab/server.js'
import { complexity, preset, presetNames } from '../../src/node.js'
import { absent, launch, required } from '../consumers/browser.js'
import { pageFolder, serveLab, visit } from './browser.js'

test('the first load is small', () => {
  const assets = readdirSync(join(pageFolder, 'assets')).map((name) => join(pageFolder, 'assets', name))
  const first = [join(pageFolder, 'index.html'), join(pageFolder, 'isolate.js'), ...assets].filter(
    (path) =>
      /(index|worker|Race|Lesson|files|address|computing)[^/]*\.(html|js|css)$/.test(path) ||
      path.endsWith('isolate.js'),
  )
  const bytes = first.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0)
  console.log(`first load: ${(bytes / 1000).toFixed(0)} kB compressed, without kernels and weights`)
  expect(bytes).toBeLessThan(300_000)
})

test('Architecture offers presets that there are', () => {
  expect(presets.filter((name) => !(presetNames as readonly string[]).includes(name))).toEqual([])
})

if (absent && !required) console.warn(`four pages are not tried: ${absent}`)

describe.skipIf(absent && !required)('the page', () => {
  let browser: Browser
  let lab: LabServer
  let origin: string

  beforeAll(async () => {
    browser = await launch()
    lab = await serveLab()
    origin = `http://127.0.0.1:${lab.port}/`
  })
  afterAll(async () => {
    await browser?.close()
    await lab?.close()
  })

  test('Block becomes the identity under weight decay, and with norms does not', async () => {
    const { page, problems } = await visit(browser, `${origin}#/block`)
    const difference = (wanted: (value: number) => boolean) =>
      expect.poll(
        async () => wanted(Number((await page.getByTestId('block').getAttribute('data-difference')) || 'NaN')),
        {
          timeout: 30_000,
        },
      )
    await difference((value) => value > 0.5).toBe(true)
    await page.getByLabel('Steps of weight decay').fill('300')
    await page.getByText('The output is the input.').waitFor({ timeout: 30_000 })
    await page.getByRole('combobox', { name: 'Norms' }).selectOption('weights')
    await difference((value) => value > 0.5).toBe(true)
    await page.getByRole('combobox', { name: 'Norms' }).selectOption('none')
    await page.getByRole('combobox', { name: /^Input/ }).selectOption('all negative')
    await difference((value) => value === 2).toBe(true) // the ReLU after the addition
    await page.getByRole('combobox', { name: 'Order' }).selectOption('pre')
    await page.getByText('The output is the input.').waitFor({ timeout: 30_000 })
    expect(new URL(page.url()).hash).toBe('#/block?decay=300&input=all+negative&order=pre')
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('Signal shows a picture after 1, 11 and 51 layers, and one of your own', async () => {
    const { page, problems } = await visit(browser, `${origin}#/signal`)
    await page.locator('[data-testid=signal][data-ready=true]').waitFor({ timeout: 60_000 })
    expect(await page.getByRole('img', { name: '51 residual layers' }).count()).toBe(1)
    const before = await page.getByRole('img', { name: '1 plain layers' }).first().getAttribute('src')
    await page.locator('input[type=file]').setInputFiles('docs/images/builtin.png')
    await expect
      .poll(() => page.getByRole('img', { name: '1 plain layers' }).first().getAttribute('src'), { timeout: 30_000 })
      .not.toBe(before)
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('Paths measures all of them, and half die with a block', async () => {
    const { page, problems } = await visit(browser, `${origin}#/paths`)
    await page.locator('[data-testid=paths][data-ready=true]').waitFor({ timeout: 60_000 })
    await page.getByRole('button', { name: 'Take out 2.1' }).click()
    expect(await page.getByTestId('paths').getAttribute('data-alive')).toBe('32')
    await page.getByRole('button', { name: 'path through 1.1, 2.1, gone' }).focus()
    expect(await page.getByRole('img', { name: 'takes 2 of 6 blocks' }).count()).toBe(1)
    expect(new URL(page.url()).hash).toBe('#/paths?gone=3')
    expect(problems).toEqual([])
    await page.context().close()
  })

  test('Architecture counts as the library does, edits, and exports', async () => {
    const { page, problems } = await visit(browser, `${origin}#/architecture?left=resnet20`)
    const params = async () =>
      Number(await page.getByTestId('totals-left').locator('dd').first().getAttribute('data-value'))
    await expect.poll(params, { timeout: 30_000 }).toBe(complexity(preset('resnet20')).params)
    await page.getByRole('button', { name: 'Add a block to stage 1' }).first().click()
    await expect.poll(params).toBeGreaterThan(complexity(preset('resnet20')).params)
    expect(new URL(page.url()).hash).toBe('#/architecture?left=resnet20&leftEdits=add1')
    for (const name of ['JSON', 'SVG', 'ONNX, fresh weights']) {
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name }).first().click()
      expect((await download).suggestedFilename()).toMatch(/^resnet20\.(json|svg|onnx)$/)
    }
    expect(problems).toEqual([])
    await page.context().close()
  })
})
