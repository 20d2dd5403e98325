/**
 * Every page for everybody: its main thing is done by keyboard alone, axe-core finds no fault before or after in light and
 * dark on phones and desks, nothing is wider than the window, and a link shows what its sender saw.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type PageName, pages } from '../../lab/src/state/address.js'
import { comesTo, describeLab, reaches } from './browser.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

async function violations(page: Page): Promise<string[]> {
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
    return (await axe.run()).violations
  })
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

/** What has the focus of the keyboard, as it is read out. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    const label = element?.closest('label')?.textContent ?? element?.textContent ?? ''
    return (element?.getAttribute('aria-label') ?? label).trim()
  })

/** Presses Tab until something of that name has the focus. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const met: string[] = []
  for (let i = 0; i < 90; i++) {
    await page.keyboard.press('Tab')
    met.push(await focused(page))
    if (name.test(met.at(-1)!)) return
  }
  throw new Error(`Tab never comes to ${name}; it meets ${met.join(' | ')}`)
}

const idle = (page: Page) => page.locator('[data-testid=scores][data-busy=false]').waitFor({ timeout: 60_000 })

/** Where each page begins, what is done there by keys, and what tells that it was done. */
const mainThings: Readonly<Record<PageName, { readonly from?: string; keys(page: Page): Promise<void> }>> = {
  race: {
    from: '?depth=8&width=8&batchSize=16&steps=200',
    async keys(page) {
      await reaches(page, 'paused')
      await tabTo(page, /^Start$/)
      await page.keyboard.press('Enter')
      await comesTo(page, 30)
      expect(await focused(page)).toBe('Pause')
      await page.keyboard.press('Enter')
      await reaches(page, 'paused')
      await tabTo(page, /^The figures$/)
      await page.keyboard.press('Enter')
      expect(await page.getByRole('columnheader', { name: 'ResNet-8, test error' }).isVisible()).toBe(true)
    },
  },
  signal: {
    async keys(page) {
      await page.locator('[data-testid=signal][data-ready=true]').waitFor({ timeout: 60_000 })
      await tabTo(page, /^Size of the weights: 1.00/)
      await page.keyboard.press('ArrowLeft')
      await expect.poll(() => new URL(page.url()).hash).toBe('#/signal?gain=0.95')
    },
  },
  block: {
    async keys(page) {
      await tabTo(page, /^Steps of weight decay/)
      await page.keyboard.press('End')
      await page.locator('strong', { hasText: 'The output is the input' }).waitFor({ timeout: 30_000 })
    },
  },
  lesions: {
    async keys(page) {
      await page.getByRole('button', { name: 'stage3.block3' }).waitFor({ timeout: 60_000 })
      await idle(page)
      await tabTo(page, /stage3.block3$/)
      await page.keyboard.press('ArrowRight')
      await idle(page)
      expect(await focused(page)).toBe('3.3, stage3.block3')
      await tabTo(page, /^Delete each in turn$/)
      await page.keyboard.press('Enter')
      await page.getByText('plain outlined').first().waitFor({ timeout: 60_000 })
      await idle(page)
      await tabTo(page, /^Put all back$/) // draws from another order stay out of the chart
      await page.keyboard.press('Enter')
      await idle(page)
      await tabTo(page, /^Delete 3$/)
      await page.keyboard.press('Enter')
      await page.getByRole('img', { name: 'deleted at random' }).waitFor({ timeout: 60_000 })
      await idle(page)
    },
  },
  paths: {
    async keys(page) {
      await page.locator('[data-testid=paths][data-ready=true]').waitFor({ timeout: 60_000 })
      await tabTo(page, /^Take out 2.1$/)
      await page.keyboard.press('Space')
      expect(await page.getByTestId('paths').getAttribute('data-alive')).toBe('32')
      await tabTo(page, /^path through no block/)
      await page.keyboard.press('ArrowRight')
      expect(await focused(page)).toContain('path through 1.1, gradient')
      expect(await page.getByRole('img', { name: 'takes 1 of 6 blocks' }).count()).toBe(1)
    },
  },
  architecture: {
    async keys(page) {
      await page.getByRole('radio', { name: 'stage1.block1,' }).first().waitFor()
      await tabTo(page, /^stage1.block1,/)
      await page.keyboard.press('ArrowRight')
      expect(await focused(page)).toContain('stage1.block2,')
      await page.getByRole('heading', { name: 'stage1.block2' }).waitFor()
      await tabTo(page, /^Add a block to stage 1$/)
      await page.keyboard.press('Enter')
      await page.getByText('4 4 6 3').waitFor()
    },
  },
}

describeLab('everybody', (lab) => {
  test.each(pages)('can use the page %s', async (name) => {
    const { from = '', keys } = mainThings[name]
    const page = await lab.visit(`#/${name}${from}`, { reducedMotion: 'reduce', bypassCSP: true })
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.addScriptTag({ content: axe })
    expect(await violations(page), 'at first').toEqual([])

    const option = await page.getByTestId('prediction').getByRole('button').first().innerText()
    await tabTo(page, new RegExp(`^${option.slice(0, 12)}`))
    await page.keyboard.press('Enter')
    expect(await focused(page)).toContain(`You said: ${option}`)
    await keys(page)

    for (const width of [360, 1280])
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 900 })
        await page.emulateMedia({ colorScheme })
        expect(await violations(page), `${colorScheme} at ${width} px`).toEqual([])
      }
    for (const width of [360, 768, 1280, 2560]) {
      await page.setViewportSize({ width, height: 900 })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(wide, `at ${width} px`).toBeLessThanOrEqual(width)
    }

    const { hash } = new URL(page.url())
    expect(hash.length).toBeLessThan(2000)
    await page.reload()
    await page.getByTestId('prediction').waitFor()
    await page.waitForTimeout(300)
    expect(new URL(page.url()).hash).toBe(hash)
  })

  test('who listens to Race hears of each epoch once', async () => {
    const page = await lab.visit('#/race?depth=8&width=8&batchSize=128&steps=200', { reducedMotion: 'reduce' })
    await reaches(page, 'paused')
    await page.evaluate(() => {
      const heard: string[] = []
      Object.assign(globalThis, { heard })
      for (const region of document.querySelectorAll('[aria-live]'))
        new MutationObserver(() => heard.push(region.textContent ?? '')).observe(region, {
          childList: true,
          characterData: true,
          subtree: true,
        })
    })
    await page.getByRole('button', { name: 'Start' }).click()
    await comesTo(page, 50)
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)
    // 2000 pictures, 128 a step: 16 steps an epoch.
    expect(heard.length).toBeGreaterThanOrEqual(3) // it trains on while it is asked
    expect(heard.map((text) => /^Epoch (\d+)\./.exec(text)?.[1])).toEqual(heard.map((_, i) => String(i + 1)))
  })
})
