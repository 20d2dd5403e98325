/** The built lab in a real Chromium, served as `resnet lab` serves it. */
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type LabServer, serveSite } from '../../src/cli/lab/server.js'
import { siteFiles } from '../../src/cli/lab/site.js'

export const pageFolder = fileURLToPath(new URL('../../lab/dist/page', import.meta.url))

export function serveLab(): Promise<LabServer> {
  return serveSite(siteFiles(pageFolder), 0)
}

/** A page, and whatever went wrong in it. */
export interface Visit {
  readonly page: Page
  /** Errors of the console, of scripts, and answers that are none. */
  readonly problems: string[]
}

export async function visit(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('response', (response) => response.status() >= 400 && problems.push(`${response.status()} ${response.url()}`))
  await page.goto(address)
  return { page, problems }
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
