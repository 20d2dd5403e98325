/**
 * Takes the pictures of docs/lab.md from the built lab in the Chromium of this machine, on a desk and on phones:
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

/** The steps on a page before its picture is taken. */
const idle = (page) => page.locator('[data-testid=scores][data-busy=false]').waitFor()
const shown = {
  race: (page) =>
    page.waitForFunction(
      () => Number(document.querySelector('[data-testid=progress]').dataset.step) >= 225,
      undefined,
      {
        polling: 500,
      },
    ),
  signal: (page) => page.locator('[data-testid=signal][data-ready=true]').waitFor(),
  lesions: async (page) => {
    await page.getByRole('button', { name: 'stage3.block3' }).waitFor()
    await idle(page)
    await page.getByRole('button', { name: 'Delete each in turn' }).click()
    await idle(page)
  },
  block: (page) => page.getByText('Largest difference').waitFor(),
  paths: async (page) => {
    await page.locator('[data-testid=paths][data-ready=true]').waitFor()
    await page.getByRole('radio', { name: 'path through 1.1, 2.1,' }).first().focus()
  },
  architecture: (page) => page.getByRole('radio', { name: 'stage1.block1,' }).first().waitFor(),
}

async function visit(name, options) {
  const page = await browser.newPage(options)
  page.setDefaultTimeout(1_200_000)
  await page.goto(`http://127.0.0.1:${lab.port}/#/${name}`)
  await page.getByTestId('prediction').getByRole('button').last().click()
  await shown[name](page)
  return page
}

/** Few colours: small enough for a repository. */
const save = (picture, name) =>
  picture.png({ palette: true, colours: 48, dither: 0, effort: 10 }).toFile(`${images}lab-${name}.png`)

const [width, height, gap] = [360, 720, 24]
const phones = []
for (const name of ['block', 'paths', 'architecture']) {
  const page = await visit(name, { viewport: { width, height }, colorScheme: 'dark' })
  // From the exhibit on.
  await page
    .locator('main .sheet')
    .nth(1)
    .evaluate((sheet) => scrollTo({ top: sheet.offsetTop - 12 }))
  phones.push(await page.screenshot())
  await page.close()
}
const row = { width: 3 * width + 4 * gap, height: height + 2 * gap, channels: 3, background: '#8b8f95' }
const composed = phones.map((input, i) => ({ input, left: gap + i * (width + gap), top: gap }))
await save(sharp(await sharp({ create: row }).composite(composed).png().toBuffer()), 'phone')

// The pages that everybody sees first.
for (const [name, colorScheme] of [
  ['signal', 'dark'],
  ['lesions', 'light'],
  ['race', 'light'],
]) {
  const page = await visit(name, { viewport: { width: 1280, height: 860 }, colorScheme })
  const { data, info } = await sharp(await page.locator('main').screenshot())
    .resize(1100)
    .toBuffer({ resolveWithObject: true })
  await save(sharp(data).extract({ left: 0, top: 0, width: 1100, height: Math.min(920, info.height) }), name)
  await page.close()
}

await browser.close()
await lab.close()
