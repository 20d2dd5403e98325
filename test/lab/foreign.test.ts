/** Files of one's own in the lab: an address names them by hash, the browser keeps a copy, and a link asks for them again. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { describeLab } from './browser.js'

const weights = (name: string) => {
  const bytes = readFileSync(fileURLToPath(new URL(`../../lab/weights/${name}.safetensors`, import.meta.url)))
  return { name: `my ${name}.safetensors`, bytes, hash: createHash('sha256').update(bytes).digest('hex') }
}
const [net, other] = [weights('resnet32'), weights('plain32')]

const give = (page: Page, { name, bytes }: { name: string; bytes: Buffer }, among: string) =>
  page.locator(`${among} input[type=file]`).setInputFiles({ name, mimeType: 'application/octet-stream', buffer: bytes })
const idle = (page: Page) => page.locator('[data-testid=scores][data-busy=false]').waitFor({ timeout: 60_000 })
const WANTED = '[data-testid=wanted]'

describeLab('A file of one’s own', (lab) => {
  test('comes back on the machine that opened it; elsewhere the link asks for it, and takes no other', async () => {
    const mine = await lab.visit('#/lesions')
    await mine.getByRole('button', { name: 'stage3.block3' }).waitFor({ timeout: 60_000 })
    await idle(mine)
    await give(mine, net, '.controls')
    await mine.getByText(`Shown: ${net.name}.`).waitFor()
    await idle(mine)
    await mine.getByRole('button', { name: 'stage3.block4' }).click()
    await idle(mine)
    const { hash } = new URL(mine.url())
    expect(hash).toBe(`#/lesions?gone=3.4&net=${net.hash}-my+resnet32.safetensors`)
    const shown = await mine.getByTestId('error-residual').innerText()

    await mine.reload()
    await mine.getByText(`Shown: ${net.name}.`).waitFor()
    await idle(mine)
    expect(await mine.getByTestId('error-residual').innerText()).toBe(shown)

    const theirs = await lab.visit(hash)
    await theirs.getByText(`This link was made with a file that is not part of it: ${net.name}.`).waitFor()
    await theirs.getByText(net.hash).waitFor()
    expect(await theirs.getByTestId('scores').count()).toBe(0)
    await give(theirs, { ...other, name: net.name }, WANTED)
    const [wrong, right] = [other.hash.slice(0, 12), net.hash.slice(0, 12)]
    await theirs
      .getByText(`${net.name} is another file: its sha256 begins with ${wrong}, that of ${net.name} with ${right}.`)
      .waitFor()
    await give(theirs, { ...net, name: 'renamed.safetensors' }, WANTED)
    await theirs.getByRole('button', { name: 'stage3.block4, taken out' }).waitFor({ timeout: 60_000 })
    await idle(theirs)
    expect(await theirs.getByTestId('error-residual').innerText()).toBe(shown)
    expect(new URL(theirs.url()).hash).toBe(hash)
  })

  test('is asked for where nets are drawn, and one can do without', async () => {
    const link = `#/architecture?leftEdits=cut1&leftFile=${net.hash}-${net.name}`
    const page = await lab.visit(link)
    await page.getByTestId('totals-right').waitFor()
    await give(page, net, WANTED)
    await page.getByText(`The net in ${net.name}.`).waitFor()
    await page.getByTestId('totals-left').getByText('4 5 5').waitFor()

    const declined = await lab.visit(link)
    await declined.getByRole('button', { name: 'Show resnet34' }).click()
    await declined.getByTestId('totals-left').getByText('3 4 6 3').waitFor()
    expect(new URL(declined.url()).hash).toBe('#/architecture')
  })
})
