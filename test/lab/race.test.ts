/** The page Race in a real browser: it trains by itself, pauses, goes on, and leaves the page's thread alone. */
import { expect, test } from 'vitest'
import { builtin, decodeCheckpoint, evaluate } from '../../src/internal.node.js'
import { longestTask } from '../consumers/trace.js'
import { comesTo, describeLab, reaches, stepOf } from './browser.js'

/** Milliseconds of the processor that a task of the page's thread may take: beyond that, people notice. */
const LONGEST_TASK = 50
const small = '#/race?depth=8&width=8&steps=200&batchSize=16'

describeLab('Race', (lab) => {
  test('trains by itself, pauses, takes a step, goes on, and keeps the page free', async () => {
    const page = await lab.visit(small)
    await comesTo(page, 10)
    expect(await page.getByTestId('engine').textContent()).toContain('wasm-simd')
    await lab.browser.startTracing(page, { categories: ['toplevel'] })
    await comesTo(page, 60)
    const longest = longestTask(await lab.browser.stopTracing())
    console.log(`longest task of the page while training: ${longest.toFixed(1)} ms of processor time`)
    expect(longest).toBeLessThan(LONGEST_TASK)

    await page.getByRole('button', { name: 'Pause' }).click()
    await reaches(page, 'paused')
    const paused = await stepOf(page)
    await page.waitForTimeout(300)
    expect(await stepOf(page)).toBe(paused)

    await page.getByRole('button', { name: 'One step' }).click()
    await comesTo(page, paused + 1)
    await reaches(page, 'paused')
    expect(await stepOf(page)).toBe(paused + 1)

    await page.getByRole('button', { name: 'Go on' }).click()
    await comesTo(page, paused + 10)
  })

  test('answers only after a guess', async () => {
    const page = await lab.visit(small)
    const prediction = page.getByTestId('prediction')
    await comesTo(page, 25)
    expect(await page.getByTestId('answer').count()).toBe(0)
    await prediction.getByRole('button', { name: 'The plain net' }).click()
    expect(await page.getByTestId('answer').textContent()).toContain('You said: The plain net')
  })

  test('its state is in the address, and an address brings it back', async () => {
    const page = await lab.visit(`${small}&seed=5`)
    await page.getByRole('combobox', { name: 'Layers' }).selectOption('14')
    await page.waitForFunction(() => location.hash.includes('depth=14'))
    expect(new URL(page.url()).hash).toBe('#/race?depth=14&width=8&batchSize=16&steps=200&seed=5')
    await page.reload()
    expect(await page.getByRole('combobox', { name: 'Layers' }).inputValue()).toBe('14')
    expect(await page.getByLabel('Seed').inputValue()).toBe('5')
  })

  test('without motion nothing starts by itself', async () => {
    const page = await lab.visit(small, { reducedMotion: 'reduce' })
    await reaches(page, 'paused')
    await page.waitForTimeout(300)
    expect(await stepOf(page)).toBe(0)
    await page.getByRole('button', { name: 'Start' }).click()
    await comesTo(page, 5)
  })

  test('a saved net evaluates elsewhere to the error that the page shows', async () => {
    const page = await lab.visit(small, { reducedMotion: 'reduce' })
    await reaches(page, 'paused')
    await page.getByRole('button', { name: 'Start' }).click()
    await comesTo(page, 25)
    await page.getByRole('button', { name: 'Pause' }).click()
    await reaches(page, 'paused')
    // At the next whole multiple of 25 both nets are tested.
    for (let step = await stepOf(page); step % 25 !== 0; step++) {
      await page.getByRole('button', { name: 'One step' }).click()
      await comesTo(page, step + 1)
      await reaches(page, 'paused')
    }
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save ResNet-8' }).click()
    const file = await (await download).path()
    const { readFile } = await import('node:fs/promises')
    const checkpoint = decodeCheckpoint(new Uint8Array(await readFile(file)), 'the download')
    const data = builtin({ size: 16, train: 16, test: 500 })
    const { top1Error } = await evaluate(checkpoint, data, { engine: 'wasm' })
    await page.getByText('The figures').click()
    const shown = await page.locator('.figures tbody tr').last().locator('td').nth(2).textContent()
    expect(shown).toBe(`${top1Error.toFixed(1)} %`)
  })
})
