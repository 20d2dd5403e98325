/** Every page is usable without eyes, without a mouse and at any width, as far as a machine can tell: axe-core's rules. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { pages } from '../../lab/src/state/address.js'
import { describeLab } from './browser.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

describeLab('axe-core', (lab) => {
  test.each(pages)('finds no violation on the page %s, light and dark, before and after the answer', async (name) => {
    const page = await lab.visit(`#/${name}`, { reducedMotion: 'reduce', bypassCSP: true })
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.addScriptTag({ content: axe })
    const violations = async (): Promise<string[]> => {
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } }
        return (await axe.run()).violations
      })
      return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
    }
    await page.emulateMedia({ colorScheme: 'light' })
    expect(await violations()).toEqual([])
    await page.getByTestId('prediction').getByRole('button').last().click()
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await violations()).toEqual([])

    for (const width of [360, 768, 2560]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `at ${width} px`).toBeLessThanOrEqual(
        width,
      )
    }
  })
})
