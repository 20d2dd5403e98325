/** The page Lesions in a real browser: the nets that ship, a block taken out, and a file of the command line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { kendallTau, sample } from '../../lab/src/state/structure.js'
import { builtin, decodeNetwork, evaluateCheckpoint } from '../../src/node.js'
import { resnet } from '../cli/run.js'
import { describeLab } from './browser.js'

const weights = (name: string) => fileURLToPath(new URL(`../../lab/weights/${name}.safetensors`, import.meta.url))

test('the nets that ship err as little as their page says', async () => {
  for (const [name, most] of [
    ['resnet32', 2],
    ['plain32', 3.5],
  ] as const) {
    const bytes = new Uint8Array(readFileSync(weights(name)))
    expect(bytes.length).toBeLessThan(300_000)
    const net = await decodeNetwork(bytes, name)
    const { top1Error } = await evaluateCheckpoint(net, builtin({ size: 16, train: 1 }))
    console.log(`${name}: ${top1Error.toFixed(1)} %`)
    expect(top1Error).toBeLessThan(most)
  }
})

test("Kendall's tau is 1 in order, -1 in reverse, and counts pairs between", () => {
  const order = ['a', 'b', 'c', 'd']
  expect(kendallTau(order, order)).toBe(1)
  expect(kendallTau(order.toReversed(), order)).toBe(-1)
  expect(kendallTau(['b', 'a', 'c', 'd'], order)).toBeCloseTo(1 - 2 / 6)
  expect(kendallTau([], [])).toBe(1)
})

test('a sample has no repetition, and is the same for the same seed', () => {
  const list = Array.from({ length: 20 }, (_, i) => i)
  expect(new Set(sample(list, 7, 3)).size).toBe(7)
  expect(sample(list, 7, 3)).toEqual(sample(list, 7, 3))
  expect(sample(list, 20, 1).toSorted((a, b) => a - b)).toEqual(list)
})

describeLab('Lesions', (lab) => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-lab-lesions-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const idle = (page: Page) => page.locator('[data-testid=scores][data-busy=false]').waitFor({ timeout: 60_000 })
  const errorOf = async (page: Page, kind: string) =>
    Number.parseFloat((await page.getByTestId(`error-${kind}`).textContent()) ?? '')

  test('a block taken out ruins the plain net and hardly harms its residual twin; keys move blocks', async () => {
    const page = await lab.visit('#/lesions')
    await page.getByRole('button', { name: 'stage3.block3' }).waitFor({ timeout: 60_000 })
    await idle(page)
    expect(await errorOf(page, 'residual')).toBeLessThan(2)
    await page.getByRole('button', { name: 'stage3.block3' }).click()
    await idle(page)
    expect(await errorOf(page, 'residual')).toBeLessThan(10)
    expect(await errorOf(page, 'plain')).toBeGreaterThan(60)
    expect(new URL(page.url()).hash).toBe('#/lesions?gone=3.3')

    await page.getByRole('button', { name: 'stage3.block4' }).focus()
    await page.keyboard.press('ArrowLeft')
    await idle(page)
    expect(new URL(page.url()).hash).toContain('order=')
    await page.reload()
    await page.getByRole('button', { name: 'stage3.block3, taken out' }).waitFor({ timeout: 60_000 })
  })

  test('a checkpoint of the command line opens and has the same error', async () => {
    const args = ['--arch', 'resnet8', '--dataset', 'builtin', '--epochs', '1', '-b', '32', '--limit-train', '640']
    const run = await resnet(['train', ...args, '--engine', 'wasm', '--save-dir', join(folder, 'run'), '--json'])
    expect(run.code).toBe(0)
    const file = join(folder, 'run', 'last.safetensors')
    const evaluated = await resnet(['eval', '--weights', file, '--dataset', 'builtin', '--engine', 'wasm', '--json'])
    const { top1Error } = JSON.parse(evaluated.out) as { top1Error: number }

    const page = await lab.visit('#/lesions')
    await page.getByRole('button', { name: 'stage3.block3' }).waitFor({ timeout: 60_000 })
    await idle(page)
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByText('last.safetensors').waitFor()
    await page.getByRole('button', { name: 'stage3.block2' }).waitFor({ state: 'detached', timeout: 60_000 })
    await page.getByText('ResNet-8, test error').waitFor()
    await idle(page)
    expect(await page.getByTestId('error-residual').textContent()).toContain(`${top1Error.toFixed(1)} %`)
  })
})
