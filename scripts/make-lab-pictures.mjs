/**
 * Takes the pictures of docs/lab.md from the built lab in the Chromium of this machine:
 *
 *   node scripts/make-lab-pictures.mjs
 */
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { serveSite } from '../dist/cli/lab/server.js'
import { siteFiles } from '../dist/cli/lab/site.js'

const images = fileURLToPath(new URL('../docs/images/', import.meta.url))
const executablePath = process.env.RESNET_CHROMIUM ?? '/usr/bin/chromium'
const lab = await serveSite(siteFiles(fileURLToPath(new URL('../lab/dist/page', import.meta.url))), 0)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })

const pages = {
  race: (page) =>
    page.locator('[data-testid=progress]').evaluate(
      (node) =>
        new Promise((resolve) => {
          setInterval(() => Number(node.dataset.step) >= 300 && resolve(), 500)
        }),
    ),
  signal: (page) => page.locator('[data-testid=signal][data-ready=true]').waitFor(),
  lesions: async (page) => {
    await page.locator('[data-testid=scores][data-busy=false]').waitFor()
    await page.getByRole('button', { name: 'Delete each in turn' }).click()
    await page.locator('[data-testid=scores][data-busy=false]').waitFor({ timeout: 120_000 })
  },
}

for (const [name, ready] of Object.entries(pages)) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } })
  page.setDefaultTimeout(300_000)
  await page.goto(`http://127.0.0.1:${lab.port}/#/${name}`)
  await page.getByTestId('prediction').getByRole('button').last().click()
  await ready(page)
  const picture = await page.locator('main').screenshot()
  // What everybody sees first; small enough for a repository.
  const top = await sharp(picture).resize(1100).toBuffer({ resolveWithObject: true })
  await sharp(top.data)
    .extract({ left: 0, top: 0, width: 1100, height: Math.min(920, top.info.height) })
    .png({ palette: true, colours: 48, dither: 0, effort: 10 })
    .toFile(`${images}lab-${name}.png`)
  await page.close()
}
await browser.close()
await lab.close()
