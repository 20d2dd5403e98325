/** The built lab in a real Chromium, served as `resnet lab` serves it: one server and one browser for a file of tests. */
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { serveSite } from '../../src/cli/lab/server.js'
import { siteFiles } from '../../src/cli/lab/site.js'
import { absent, launch, required } from '../consumers/browser.js'

export const pageFolder = fileURLToPath(new URL('../../lab/dist/page', import.meta.url))

/** Somewhere that serves the lab. */
export interface Site {
  readonly origin: string
  close(): void | Promise<void>
}

/** As `resnet lab` does. */
export async function serveLab(): Promise<Site> {
  const { port, close } = await serveSite(siteFiles(pageFolder), 0)
  return { origin: `http://127.0.0.1:${port}`, close }
}

/** What tests of pages hold, once they run. */
export interface Lab {
  readonly browser: Browser
  readonly origin: string
  /**
   * A page of its own, at an address of the lab such as `#/race`. After the test it is closed, and whatever went wrong in
   * it fails the test: errors of scripts and of the console, and answers that are none.
   */
  visit(address: string, options?: BrowserContextOptions, origin?: string): Promise<Page>
}

/** Tests in a browser; where there is none they are skipped, and said to be. */
export function describeLab(title: string, tests: (lab: Lab) => void, serve: () => Promise<Site> = serveLab): void {
  const missing = absent && !required
  if (missing) console.warn(`${title}: not tried in a browser: ${absent}`)

  describe.skipIf(missing)(title, () => {
    let browser: Browser
    let site: Site
    const problems: string[] = []

    beforeAll(async () => {
      ;[browser, site] = await Promise.all([launch(), serve()])
    })
    afterEach(async () => {
      await Promise.all(browser.contexts().map((context) => context.close()))
      expect(problems.splice(0)).toEqual([])
    })
    afterAll(async () => {
      await browser?.close()
      await site?.close()
    })

    tests({
      get browser() {
        return browser
      },
      get origin() {
        return site.origin
      },
      async visit(address, options = {}, origin = site.origin) {
        const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
        const page = await context.newPage()
        page.on('pageerror', (error) => problems.push(error.message))
        page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
        page.on(
          'response',
          (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`),
        )
        await page.goto(`${origin}/${address}`)
        return page
      },
    })
  })
}

/** The step that a race stands at, as the page says. */
export async function stepOf(page: Page): Promise<number> {
  return Number(await page.getByTestId('progress').getAttribute('data-step'))
}

/** Waits until a race is in one of some states. */
export async function reaches(page: Page, ...states: string[]): Promise<void> {
  await page.waitForFunction(
    (wanted) => wanted.includes(document.querySelector<HTMLElement>('[data-testid=progress]')?.dataset.state ?? ''),
    states,
    { timeout: 60_000 },
  )
}

/** Waits until a race has come to a step. */
export async function comesTo(page: Page, step: number): Promise<void> {
  await page.waitForFunction(
    (wanted) => Number(document.querySelector<HTMLElement>('[data-testid=progress]')?.dataset.step) >= wanted,
    step,
    { timeout: 60_000 },
  )
}
