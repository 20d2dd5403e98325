/** The lab on hosts that send no headers of isolation: its own service worker adds them, and without one a thread is enough. */
import { dirname } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { INSECURE, serve } from '../consumers/browser.js'
import { comesTo, describeLab, pageFolder } from './browser.js'

const race = '#/race?depth=8&width=8&batchSize=16&steps=200'
const isolated = (page: Page) => page.evaluate(() => crossOriginIsolated)
const engineLine = (page: Page) => page.getByTestId('engine').innerText()

describeLab(
  'on a host without headers',
  (lab) => {
    test('the service worker of the page isolates it, in whatever folder it lies, and threads share memory', async () => {
      const page = await lab.visit(`page/${race}`)
      await page.waitForFunction(() => crossOriginIsolated, undefined, { timeout: 30_000 })
      await comesTo(page, 5)
      expect(await engineLine(page)).toMatch(/by wasm-simd on ([2-9]|\d\d) threads/)
      expect(await engineLine(page)).not.toContain('One thread only')
      // Once it has taken hold, a visit is isolated from the beginning.
      await page.reload()
      expect(await isolated(page)).toBe(true)
      expect(new URL(page.url()).hash).toBe(race)
    })

    test('without a service worker it says why there is one thread and how to get more, and trains on it', async () => {
      const page = await lab.visit(`page/${race}`, { serviceWorkers: 'block' })
      await comesTo(page, 5)
      expect(await isolated(page)).toBe(false)
      expect(await engineLine(page)).toContain('by wasm-simd on 1 thread')
      for (const part of ['One thread only', 'not cross-origin isolated', 'resnet lab', 'Cross-Origin-Embedder-Policy'])
        expect(await engineLine(page)).toContain(part)
    })

    test('at an address that is not secure it says that headers would not help', async () => {
      const page = await lab.visit(`page/${race}`, {}, lab.origin.replace('127.0.0.1', INSECURE))
      await comesTo(page, 5)
      expect(await page.evaluate(() => isSecureContext)).toBe(false)
      expect(await engineLine(page)).toContain('neither https nor localhost')
    })
  },
  () => serve(dirname(pageFolder), false),
)
