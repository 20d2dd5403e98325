/** The pages Signal, Block, Paths and Architecture in a real browser: each does its main thing. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { presets } from '../../lab/src/pages/presets.js'
import { complexity, preset, presetNames } from '../../src/internal.node.js'
import { describeLab, pageFolder } from './browser.js'

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

describeLab('the page', (lab) => {
  test('Block becomes the identity under weight decay, and with norms does not', async () => {
    const page = await lab.visit('#/block')
    const difference = (wanted: (value: number) => boolean) =>
      expect.poll(
        async () => wanted(Number((await page.getByTestId('block').getAttribute('data-difference')) || 'NaN')),
        {
          timeout: 30_000,
        },
      )
    await difference((value) => value > 0.5).toBe(true)
    await page.getByLabel('Steps of weight decay').fill('300')
    await page.locator('strong', { hasText: 'The output is the input' }).waitFor({ timeout: 30_000 })
    await page.getByRole('combobox', { name: 'Norms' }).selectOption('weights')
    await difference((value) => value > 0.5).toBe(true)
    await page.getByRole('combobox', { name: 'Norms' }).selectOption('none')
    await page.getByRole('combobox', { name: /^Input/ }).selectOption('all negative')
    await difference((value) => value === 2).toBe(true) // the ReLU after the addition
    await page.getByRole('combobox', { name: 'Order' }).selectOption('pre')
    await page.locator('strong', { hasText: 'The output is the input' }).waitFor({ timeout: 30_000 })
    expect(new URL(page.url()).hash).toBe('#/block?decay=300&input=all+negative&order=pre')
  })

  test('Block with a gate loses what the gate keeps from its shortcut', async () => {
    const page = await lab.visit('#/block?decay=300&gate=shortcut-only')
    const shown = page.getByTestId('block')
    // g = sigmoid(0): half of the shortcut, and of the largest input, 2.
    await expect.poll(() => shown.getAttribute('data-difference'), { timeout: 30_000 }).toMatch(/^0\.9|^1\.0/)
    await page.getByLabel('Bias of the gate').fill('-8')
    await page.locator('strong', { hasText: 'The output is the input' }).waitFor({ timeout: 30_000 })
    await page.getByRole('combobox', { name: 'Gate' }).selectOption('exclusive')
    await page.getByLabel('Bias of the gate').fill('8')
    await expect.poll(() => shown.getAttribute('data-difference'), { timeout: 30_000 }).toMatch(/^1\.9|^2/)
    await page.getByRole('combobox', { name: /^Shortcut/ }).selectOption('none')
    await page.getByRole('combobox', { name: 'Gate' }).waitFor({ state: 'detached' })
  })

  test('Signal shows a picture after 1, 11 and 51 layers, and one of your own', async () => {
    const page = await lab.visit('#/signal')
    await page.locator('[data-testid=signal][data-ready=true]').waitFor({ timeout: 60_000 })
    expect(await page.getByRole('img', { name: '51 residual layers' }).count()).toBe(1)
    const before = await page.getByRole('img', { name: '1 plain layers' }).first().getAttribute('src')
    await page.locator('input[type=file]').setInputFiles('docs/images/builtin.png')
    await expect
      .poll(() => page.getByRole('img', { name: '1 plain layers' }).first().getAttribute('src'), { timeout: 30_000 })
      .not.toBe(before)
  })

  test('Paths measures all of them, and half die with a block', async () => {
    const page = await lab.visit('#/paths')
    await page.locator('[data-testid=paths][data-ready=true]').waitFor({ timeout: 60_000 })
    await page.getByRole('button', { name: 'Take out 2.1' }).click()
    expect(await page.getByTestId('paths').getAttribute('data-alive')).toBe('32')
    await page.getByRole('radio', { name: 'path through 1.1, 2.1, gone' }).focus()
    expect(await page.getByRole('img', { name: 'takes 2 of 6 blocks' }).count()).toBe(1)
    expect(new URL(page.url()).hash).toBe('#/paths?gone=3')
  })

  test('Architecture counts as the library does, edits, and exports', async () => {
    const page = await lab.visit('#/architecture?left=resnet20')
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
  })
})
