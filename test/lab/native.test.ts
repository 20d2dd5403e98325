/** The pages of the lab in a real browser, computed by the machine's native engine: offered, chosen, lost. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { test as anyTest, expect } from 'vitest'
import { comesTo, describeLab, reaches, stepOf } from './browser.js'
import { lacking, requiresNative, serveNative, token } from './native.js'

if (lacking && !requiresNative) console.warn(`pages are not computed natively: ${lacking}`)
const test = anyTest.skipIf(lacking && !requiresNative)

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const race = 'depth=8&width=8&steps=1600&batchSize=16'
let site: Awaited<ReturnType<typeof serveNative>>
const serve = async () => {
  site = await serveNative()
  return site
}

/** Waits until the page says which engine computes. */
async function computesWith(page: Page, build: string): Promise<void> {
  await expect.poll(() => page.getByTestId('engine').textContent(), { timeout: 30_000 }).toContain(build)
}

describeLab(
  'the native engine',
  (lab) => {
    test('trains a race, is named, and the address keeps no token', async () => {
      const page = await lab.visit(`#/race?${race}&token=${token}`)
      await comesTo(page, 10)
      await computesWith(page, 'by your machine’s native engine, native-')
      expect(new URL(page.url()).hash).toBe(`#/race?depth=8&width=8&batchSize=16&steps=1600`)
      expect(site.compute.pages).toBe(1)
      await page.reload()
      await comesTo(page, 5)
      await computesWith(page, 'native-')
      await page.getByRole('button', { name: 'Pause' }).click()
      await reaches(page, 'paused')
    })

    test('can be chosen and left in the middle of a race, and the address says so', async () => {
      const page = await lab.visit(`#/race?${race}&engine=wasm&token=${token}`)
      await comesTo(page, 5)
      await computesWith(page, 'in this page by wasm-simd')
      expect(await page.getByRole('button', { name: 'In the page' }).getAttribute('aria-pressed')).toBe('true')
      for (const [name, build] of [
        ['Native', 'native-'],
        ['In the page', 'wasm-simd'],
      ] as const) {
        const step = await stepOf(page)
        await page.getByRole('button', { name }).click()
        await page.getByText('This run goes on from step').waitFor()
        await computesWith(page, build)
        await reaches(page, 'running')
        expect(await stepOf(page)).toBeGreaterThanOrEqual(step)
        expect(new URL(page.url()).hash).toContain(`engine=${name === 'Native' ? 'native' : 'wasm'}`)
      }
      await expect.poll(() => site.compute.pages, { timeout: 20_000 }).toBe(0)
    })

    test('is chosen by a control that everybody can use', async () => {
      const page = await lab.visit(`#/block?token=${token}`, { bypassCSP: true, viewport: { width: 360, height: 800 } })
      await computesWith(page, 'native-')
      await page.addScriptTag({ content: axe })
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(part: string): Promise<{ violations: { id: string }[] }> }
        }
        return (await axe.run('footer')).violations.map(({ id }) => id)
      })
      expect(violations).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
      await page.getByRole('button', { name: 'In the page' }).focus()
      await page.keyboard.press('Enter')
      await computesWith(page, 'wasm-simd')
    })

    test('computes all other pages', async () => {
      const page = await lab.visit(`#/signal?token=${token}`)
      const to = (name: string) => page.getByRole('navigation').getByRole('link', { name }).click()
      await page.locator('[data-testid=signal][data-ready=true]').waitFor({ timeout: 60_000 })
      await computesWith(page, 'native-')
      await to('Block')
      await page.locator('[data-testid=block][data-difference]').waitFor({ timeout: 30_000 })
      await to('Paths')
      await page.locator('[data-testid=paths][data-ready=true]').waitFor({ timeout: 60_000 })
      await to('Architecture')
      await page.getByTestId('totals-left').locator('dd').first().waitFor({ timeout: 30_000 })
      await to('Lesions')
      await page.getByTestId('error-plain').getByText('%').waitFor({ timeout: 60_000 })
      await computesWith(page, 'native-')
      expect(site.compute.pages).toBe(1)
    })

    test('leaves what was done to opened nets as it was when another one takes over', async () => {
      const page = await lab.visit(`#/lesions?gone=1.3&token=${token}`)
      const errors = () => page.getByTestId('scores').locator('.score').allTextContents()
      await page.getByTestId('error-plain').getByText('%').waitFor({ timeout: 60_000 })
      const before = await errors()
      await page.getByRole('button', { name: 'In the page' }).click()
      await computesWith(page, 'wasm-simd')
      await page.getByRole('button', { name: /stage2\.block3$/ }).click()
      await expect.poll(errors, { timeout: 30_000 }).not.toEqual(before)
      await page.getByRole('button', { name: /stage2\.block3, taken out$/ }).click()
      await expect.poll(errors, { timeout: 30_000 }).toEqual(before)
    })

    test('is missed in words where an address asks for it and nobody offers it', async () => {
      const page = await lab.visit(`#/race?${race}&engine=native`)
      await page.getByText('This address asks for the machine’s native engine').waitFor()
      await comesTo(page, 5)
      await computesWith(page, 'wasm-simd')
      expect(await page.getByRole('button', { name: 'Native' }).count()).toBe(0)
    })

    test('is missed in words where the token is that of an earlier start', async () => {
      const page = await (await lab.browser.newContext()).newPage() // browsers report a refused WebSocket as an error
      await page.goto(`${lab.origin}/#/race?${race}&token=of-yesterday`)
      await page.getByText('The machine’s native engine is lost: “resnet lab” has ended, or was started anew').waitFor()
      await comesTo(page, 5)
      await computesWith(page, 'wasm-simd')
      expect(await page.getByRole('button', { name: 'Native' }).count()).toBe(0)
    })

    test('is missed in words when it ends under way, and the page goes on', async () => {
      const page = await lab.visit(`#/race?${race}&token=${token}`)
      await comesTo(page, 10)
      await computesWith(page, 'native-')
      await site.compute.close()
      await page
        .getByText('The machine’s native engine is lost: “resnet lab” was ended. The page now computes by itself.')
        .waitFor()
      await computesWith(page, 'wasm-simd')
      await reaches(page, 'running')
      await comesTo(page, 5)
      await page.getByRole('navigation').getByRole('link', { name: 'Paths' }).click()
      await page.locator('[data-testid=paths][data-ready=true]').waitFor({ timeout: 60_000 })
      await computesWith(page, 'wasm-simd')
    })
  },
  serve,
)
