/** A race on one's own pictures, in a real browser: files of CIFAR, a folder, the address, and what is no picture. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, expect, test } from 'vitest'
import { builtin } from '../../src/internal.node.js'
import { comesTo, describeLab, reaches, stepOf } from './browser.js'

const race = '#/race?depth=8&width=8&batchSize=16&steps=1600'
const folder = mkdtempSync(join(tmpdir(), 'resnet-lab-data-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Drawn things in the layout of CIFAR-10. */
function cifar(name: string, first: number, count: number) {
  const { pixels, labels } = builtin({ size: 32, train: first + count, test: 1 }).train
  const records = Array.from({ length: count }, (_, i) => [
    Uint8Array.of(labels[first + i]!),
    (pixels as Uint8Array).subarray((first + i) * 3072, (first + i + 1) * 3072),
  ])
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.concat(records.flat()) }
}

const files = (page: Page) => page.getByTestId('pictures').locator('input[multiple]')
const shown = (page: Page) => page.getByTestId('pictures')

describeLab('A race on pictures of one’s own', (lab) => {
  test('reads CIFAR, is kept with its pictures, and elsewhere asks for them by hash', async () => {
    const opened = [cifar('test_batch.bin', 64, 32), cifar('data_batch_1.bin', 0, 64)]
    const page = await lab.visit(race)
    await files(page).setInputFiles(opened)
    await shown(page)
      .getByText('Learns from 64 pictures of yours (cifar10, 10 classes), and is tested on 32.')
      .waitFor()
    await comesTo(page, 5)
    const { hash } = new URL(page.url())
    expect(hash).toMatch(/&data=[0-9a-f]{64}$/)
    await page.getByRole('button', { name: 'Pause' }).click()
    await reaches(page, 'paused')
    const step = await stepOf(page)
    await page.locator(`[data-testid=kept][data-step="${step}"]`).waitFor()
    await page.reload()
    await page.getByText(`This run goes on from step ${step}, kept`).waitFor()
    await comesTo(page, step + 5)

    const other = await lab.visit(hash)
    await shown(other).getByText('This address races on pictures that are not part of it').waitFor()
    await files(other).setInputFiles([opened[0]!, cifar('data_batch_1.bin', 1, 64)])
    await shown(other).getByText('these are other pictures: their sha256 begins with').waitFor()
    await files(other).setInputFiles([...opened].reverse())
    await comesTo(other, 5)
    expect(new URL(other.url()).hash).toBe(hash)
  })

  test('reads a folder of pictures at either size; what is none is refused in words, and the race goes on', async () => {
    for (const [name, red] of [
      ['dark', 20],
      ['light', 230],
    ] as const) {
      mkdirSync(join(folder, name))
      for (let i = 0; i < 12; i++) {
        const background = { r: red, g: 5 * i, b: 90 }
        const file = join(folder, name, `${i}.jpg`)
        await sharp({ create: { width: 40, height: 30, channels: 3, background } })
          .jpeg()
          .toFile(file)
      }
    }
    writeFileSync(join(folder, 'dark', 'torn.png'), 'not a picture')
    const page = await lab.visit(race)
    await comesTo(page, 5)
    await files(page).setInputFiles([{ name: 'test_batch.bin', mimeType: '', buffer: Buffer.alloc(7) }])
    await shown(page).getByText('CIFAR-10: data_batch_1.bin was not opened').waitFor()
    await files(page).setInputFiles([
      cifar('test_batch.bin', 0, 8),
      { ...cifar('x', 0, 8), name: 'data_batch_1.bin', buffer: Buffer.alloc(7) },
    ])
    await shown(page).getByText('data_batch_1.bin: expected a multiple of 3073 bytes').waitFor()
    const before = await stepOf(page)
    await comesTo(page, before + 5)

    await page.getByTestId('pictures').locator('input[webkitdirectory]').setInputFiles(folder)
    await shown(page)
      .getByText('Learns from 19 pictures of yours (a folder, 2 classes), and is tested on 5. 1 could not be read')
      .waitFor()
    await comesTo(page, 5)
    await page.getByRole('combobox', { name: 'Pictures' }).selectOption('32')
    await page.waitForFunction(() => location.hash.includes('size=32'))
    await comesTo(page, 5)
    await page.getByRole('button', { name: 'The lab’s drawings' }).click()
    await shown(page).getByText('Learns from 2,000 drawings of ten things.').waitFor()
    await comesTo(page, 5)
  })
})
