/** What the lab keeps of a race in the browser: over a reload, between tabs, in a hidden tab, and where nothing can be kept. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { launchAsPeopleDo } from '../consumers/browser.js'
import { comesTo, describeLab, reaches, stepOf } from './browser.js'

/** Small, and does not end while a test looks. */
const race = '#/race?depth=8&width=8&batchSize=16&steps=1600'

/** Takes steps, each by its button. */
async function steps(page: Page, count: number): Promise<void> {
  await reaches(page, 'paused')
  for (let step = (await stepOf(page)) + 1; count > 0; step++, count--) {
    await page.getByRole('button', { name: 'One step' }).click()
    await comesTo(page, step)
    await reaches(page, 'paused')
  }
}

/** The files of both nets. */
async function nets(page: Page): Promise<Buffer[]> {
  const files: Buffer[] = []
  for (const name of ['Save plain-8', 'Save ResNet-8']) {
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name }).click()
    files.push(await readFile(await (await download).path()))
  }
  return files
}

async function pause(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Pause' }).click()
  await reaches(page, 'paused')
  const step = await stepOf(page)
  await keptAt(page, step)
  return step
}

const keptAt = (page: Page, step: number) => page.locator(`[data-testid=kept][data-step="${step}"]`).waitFor()

describeLab('A race is kept', (lab) => {
  test('a run that was paused, left and loaded again ends in the same bits as one that ran through', async () => {
    const through = await lab.visit(race, { reducedMotion: 'reduce' })
    await steps(through, 12)
    const broken = await lab.visit(race, { reducedMotion: 'reduce' })
    await steps(broken, 7)
    await keptAt(broken, 7)
    await broken.reload()
    await broken.getByText('This run goes on from step 7, kept in this browser on').waitFor()
    await steps(broken, 5)
    expect(await nets(broken)).toEqual(await nets(through))

    await broken.getByRole('button', { name: 'Reset' }).click()
    await broken.getByText('This run goes on').waitFor({ state: 'detached' })
    await reaches(broken, 'paused')
    expect(await stepOf(broken)).toBe(0)
  })

  test('a page that is left for another, or set to something else, finds its run again', async () => {
    const page = await lab.visit(race)
    await comesTo(page, 25)
    await page.getByRole('link', { name: 'Block' }).click()
    await page.getByRole('heading', { level: 1 }).getByText('block').waitFor()
    await page.goBack()
    await page.getByText('This run goes on from step').waitFor()
    await page.getByText('The figures').click()
    await page.locator('.figures tbody tr').getByText('25').waitFor()
    await page.getByLabel('Seed').fill('7')
    await page.getByLabel('Seed').press('Tab')
    await page.getByText('This run goes on from step').waitFor({ state: 'detached' })
    await comesTo(page, 5)
    await page.getByLabel('Seed').fill('0')
    await page.getByLabel('Seed').press('Tab')
    await page.getByText('This run goes on from step').waitFor()
    expect(await stepOf(page)).toBeGreaterThanOrEqual(25)
  })

  test('a second tab waits, and goes on when the first one is closed; or trains without keeping', async () => {
    const first = await lab.visit(race)
    await comesTo(first, 10)
    const second = await first.context().newPage()
    await second.goto(first.url())
    await reaches(second, 'elsewhere')
    expect(await second.getByTestId('kept').innerText()).toContain('Another tab of this browser trains this run')
    const kept = await pause(first)
    expect(await stepOf(second)).toBe(0)
    await first.close()
    await second.getByText(`This run goes on from step ${kept}, kept`).waitFor()
    await comesTo(second, kept + 5)

    const third = await second.context().newPage()
    await third.goto(second.url())
    await reaches(third, 'elsewhere')
    await third.getByRole('button', { name: 'Train here, without keeping it' }).click()
    await comesTo(third, 5)
    expect(await third.getByTestId('kept').innerText()).toContain(
      'This run is not kept: another tab trains the same run',
    )
    const later = await pause(second)
    await third.close()
    await second.reload()
    await second.getByText(`This run goes on from step ${later}, kept`).waitFor()
  })

  test('a damaged file is said to be one, and the run begins anew', async () => {
    const page = await lab.visit(race, { reducedMotion: 'reduce' })
    await reaches(page, 'paused')
    await page.getByRole('button', { name: 'One step' }).click()
    await keptAt(page, 1)
    await page.evaluate(async () => {
      const races = await (await navigator.storage.getDirectory()).getDirectoryHandle('races')
      for await (const [name, handle] of races.entries()) {
        const file = await (handle as FileSystemFileHandle).getFile()
        const bytes = new Uint8Array(await file.arrayBuffer())
        bytes[bytes.length - 99]! ^= 1
        const stream = await (await races.getFileHandle(name)).createWritable()
        await stream.write(bytes)
        await stream.close()
      }
    })
    await page.reload()
    await page
      .getByText(/The saved state of this run cannot be read \(the saved residual net: .+\), so the run begins anew\./)
      .waitFor()
    await reaches(page, 'paused')
    expect(await stepOf(page)).toBe(0)
  })

  test('without a file system of its own the page says so, and trains', async () => {
    const page = await lab.visit('#/block')
    await page.addInitScript(() => {
      Object.defineProperty(navigator.storage, 'getDirectory', { value: () => Promise.reject(new Error('none')) })
    })
    await page.goto(`${lab.origin}/${race}`)
    await page.reload()
    await comesTo(page, 5)
    expect(await page.getByTestId('kept').innerText()).toContain(
      'This run is not kept: this browser gives the page no file system of its own, or no locks. Save the nets',
    )
  })

  test('a hidden tab goes on training, and is kept when it is hidden', async () => {
    const { context, close } = await launchAsPeopleDo()
    try {
      const page = await context.newPage()
      await page.goto(`${lab.origin}/${race}`)
      await comesTo(page, 5)
      const other = await context.newPage()
      await other.goto(`${lab.origin}/#/block`)
      await other.bringToFront()
      await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 100 })
      const wanted = (await stepOf(page)) + 20
      await page.waitForFunction(
        (step) => {
          const at = (id: string) => Number(document.querySelector<HTMLElement>(`[data-testid=${id}]`)?.dataset.step)
          return at('kept') > 0 && at('progress') >= step
        },
        wanted,
        { polling: 100, timeout: 60_000 },
      )
      expect(await page.evaluate(() => document.visibilityState)).toBe('hidden')
    } finally {
      await close()
    }
  })
})
