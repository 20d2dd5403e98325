/** The package in pages whose Content Security Policy forbids what the engine needs: the error names it, and the remedy works. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { absent, launch, required, serve } from './browser.js'
import { builders } from './build.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** What the page of the test itself needs: its scripts stand in it. */
const scripts = "script-src 'self' 'unsafe-inline'"

if (absent && !required) console.warn(`policies of pages are not tried: ${absent}`)

describe.skipIf(absent && !required)('in Chromium, a policy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-policy-'))
  let browser: Browser
  let page: { readonly folder: string; readonly path: string }

  beforeAll(async () => {
    const installed = join(folder, 'node_modules/resnet.ts')
    mkdirSync(join(installed, 'native'), { recursive: true })
    for (const part of ['dist', 'native/build'])
      cpSync(join(root, part), join(installed, part), {
        recursive: true,
        filter: (path) => !path.includes('build/') || /\.wasm$/.test(path),
      })
    page = await builders['a plain page'](folder)
    browser = await launch()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** What opening a training comes to: `opened`, or its error. */
  async function outcome(policy: string): Promise<string> {
    const server = await serve(page.folder, true, { 'Content-Security-Policy': policy })
    const tab = await browser.newPage()
    try {
      await tab.goto(`${server.origin}${page.path}`)
      await tab.waitForFunction(() => 'openTraining' in globalThis)
      return await tab.evaluate(async () => {
        const page = globalThis as unknown as Record<
          'openTraining',
          (recipe: object) => Promise<{ close(): Promise<void> }>
        >
        try {
          const opened = await page.openTraining({ batchSize: 8, steps: 1 })
          await opened.close()
          return 'opened'
        } catch (error) {
          return (error as Error).message
        }
      })
    } finally {
      await tab.close()
      server.close()
    }
  }

  const add = (source: string, directive: string) =>
    `forbidden by the page's Content Security Policy (CSP): add ${source} to its ${directive}, or to its default-src where ` +
    `it has no ${directive}`

  test.each([
    [
      'without WebAssembly',
      `default-src 'self'; ${scripts}`,
      `WebAssembly is ${add("'wasm-unsafe-eval'", 'script-src')}`,
    ],
    [
      'without workers',
      `default-src 'self'; ${scripts} 'wasm-unsafe-eval'; worker-src 'none'`,
      add("'self'", 'worker-src'),
    ],
    ['without the module', `default-src 'self'; ${scripts}; connect-src 'none'`, add("'self'", 'connect-src')],
  ])('%s is named, with the remedy', async (_, policy, words) => {
    const said = await outcome(policy)
    expect(said).toContain(words)
    expect(said).not.toContain('\n')
  })

  test('with what the errors ask for lets it open', async () => {
    const policy = `default-src 'none'; ${scripts} 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'`
    expect(await outcome(policy)).toBe('opened')
  })
})
