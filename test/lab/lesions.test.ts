/** The page Lesions in a real browser: the nets that ship, a block taken out, and a file of the command line. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import type { Library } from '../../lab/src/compute/library.js'
import { createService } from '../../lab/src/compute/service.js'
import { sample } from '../../lab/src/state/structure.js'
import * as node from '../../src/internal.node.js'
import {
  builtin,
  cifarBasic,
  createTrainer,
  decodeNetwork,
  encodeCheckpoint,
  evaluate,
  openEngine,
  plainTwin,
} from '../../src/internal.node.js'
import { resnet } from '../cli/run.js'
import { describeLab } from './browser.js'
import { race as small } from './native.js'

const weights = (name: string) => fileURLToPath(new URL(`../../lab/weights/${name}.safetensors`, import.meta.url))

test('the nets that ship err as little as their page says', async () => {
  for (const [name, most] of [
    ['resnet32', 2],
    ['plain32', 3.5],
  ] as const) {
    const bytes = new Uint8Array(readFileSync(weights(name)))
    expect(bytes.length).toBeLessThan(300_000)
    const net = await decodeNetwork(bytes, name)
    const { top1Error } = await evaluate(net, builtin({ size: 16, train: 1 }))
    console.log(`${name}: ${top1Error.toFixed(1)} %`)
    expect(top1Error).toBeLessThan(most)
  }
})

test('a sample has no repetition, and is the same for the same seed', () => {
  const list = Array.from({ length: 20 }, (_, i) => i)
  expect(new Set(sample(list, 7, 3)).size).toBe(7)
  expect(sample(list, 7, 3)).toEqual(sample(list, 7, 3))
  expect(sample(list, 20, 1).toSorted((a, b) => a - b)).toEqual(list)
})

describe('what computes lesions', () => {
  /** A file of a net before its training. */
  const net = async (depth: number, plain = false) => {
    const residual = cifarBasic({ depth, widths: [4, 8, 8], input: { channels: 3, height: 16, width: 16 } })
    const data = builtin({ size: 16, train: 8, test: 8 })
    const recipe = { steps: 1, batchSize: 8 }
    await using trainer = await createTrainer(plain ? plainTwin(residual) : residual, data, recipe, {
      engine: 'wasm',
      threads: 1,
    })
    return encodeCheckpoint(await trainer.checkpoint())
  }
  const file = (name: string, bytes: Uint8Array) => ({ name, bytes })
  // As built and from its sources the library has other types, and is the same.
  const library = { ...node, openEngine: () => openEngine({ engine: 'wasm', threads: 1 }) } as unknown as Library
  const service = createService(library)
  const context = { signal: new AbortController().signal, emit: () => {} }
  afterAll(() => service.end({}))

  test('refuses a cut in words, in place of the error of a net that was not cut', async () => {
    const opened = await service['lesions.open']({ files: [file('r', await net(8)), file('p', await net(8, true))] })
    expect(Object.keys(opened)).toEqual(['residual', 'plain'])
    const order = ['stage1.block1', 'stage3.block1']
    expect(await service['lesions.test']({ kind: 'residual', order })).toEqual({ error: expect.any(Number) })
    expect(await service['lesions.test']({ kind: 'plain', order })).toEqual({
      refused: expect.stringContaining('stage2.block1: it changes the width from 4 to 8'),
    })
    expect(await service['lesions.test']({ kind: 'residual', order: order.slice(1) })).toEqual({
      refused: 'stage1: it would have no block left, and a stage needs at least one',
    })
  })

  test('opens two nets together or neither, and only such as can be cut alike', async () => {
    await service['lesions.open']({ files: [file('r', await net(14)), file('p', await net(14, true))] })
    const both = (...files: Uint8Array[]) =>
      service['lesions.open']({ files: files.map((bytes, i) => file(`${i}`, bytes)) })
    await expect(both(await net(8), await net(14, true))).rejects.toThrow(
      'they have other blocks (1, 1, 1 against 2, 2, 2 a stage, or other widths), so that no cut is the same in both; ' +
        'open a net and its plain twin',
    )
    await expect(both(await net(8), await net(8))).rejects.toThrow(
      'each of the two has shortcuts; this page cuts a residual net and',
    )
    await expect(both(await net(8, true), await net(8, true))).rejects.toThrow('neither of the two has shortcuts')
    await expect(both(await net(8), Uint8Array.of(1, 2))).rejects.toThrow()
    // Those before are there still.
    const whole = ['stage1.block1', 'stage1.block2', 'stage2.block1', 'stage2.block2', 'stage3.block1', 'stage3.block2']
    for (const kind of ['residual', 'plain'] as const)
      expect(await service['lesions.test']({ kind, order: whole })).toEqual({ error: expect.any(Number) })
  })

  test('a picture that is equally light everywhere has nothing to recognise', async () => {
    const rgb = new Uint8Array(3 * 64 * 64).fill(9)
    await expect(service['signal.look']({ rgb, settings: { gain: 1, norm: true, seed: 0 } })).rejects.toThrow(
      'signal: all of this picture is equally light, so there is nothing to recognise; open another one',
    )
  })

  test('a shortcut that fills new channels is told from one that only passes on', async () => {
    const { parts } = await service['architecture.describe']({
      origin: { preset: 'resnet50' },
      edits: ['shortcut:pad'],
    })
    const widens = (path: string) => parts.find((part) => part.path === path)?.widens
    expect([widens('stage1.block1'), widens('stage1.block2'), widens('stage2.block1')]).toEqual([true, false, true])
  })

  test('a race names the net that ends it', async () => {
    const settings = { ...small, lr: 1e30 }
    await service['race.open']({ settings }, context)
    await expect(service['race.run']({}, context)).rejects.toThrow(/^(plain|ResNet)-8: /)
    await service['race.close']({})
  })
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

  test('a net that cannot lose what was taken out has no error, and no part of it is cut instead', async () => {
    const page = await lab.visit('#/lesions?gone=2.1~3.1')
    await page.getByTestId('refused-plain').waitFor({ timeout: 60_000 })
    await idle(page)
    expect(await page.getByTestId('refused-plain').textContent()).toBe(
      'not cut: stage2.block1: it changes the width from 8 to 16 and has no shortcut that would remain; keep this block',
    )
    expect((await page.getByTestId('error-plain').textContent())?.trim()).toBe('–')
    expect(await errorOf(page, 'residual')).toBeGreaterThan(5)
    // One of them, and a block that could be lost: still not the same cut.
    await page.getByRole('button', { name: 'stage3.block1' }).click()
    await page.getByRole('button', { name: 'stage1.block3' }).click()
    await idle(page)
    expect((await page.getByTestId('error-plain').textContent())?.trim()).toBe('–')
    expect(await page.getByTestId('tau').textContent()).toBe('1.00')
  })

  test('a plain net alone is shown as one, and a file that is refused leaves what was there', async () => {
    const page = await lab.visit('#/lesions')
    await page.getByRole('button', { name: 'stage3.block3' }).waitFor({ timeout: 60_000 })
    await idle(page)
    await page.locator('input[type=file]').setInputFiles({
      name: 'noise.safetensors',
      mimeType: 'application/octet-stream',
      buffer: Buffer.alloc(64, 255),
    })
    await page.getByRole('alert').waitFor()
    await idle(page)
    expect(await errorOf(page, 'residual')).toBeLessThan(2)
    expect(await errorOf(page, 'plain')).toBeLessThan(4)
    await page.locator('input[type=file]').setInputFiles(weights('plain32'))
    await page.getByTestId('error-residual').waitFor({ state: 'detached', timeout: 60_000 })
    await idle(page)
    expect(await errorOf(page, 'plain')).toBeLessThan(4)
    expect(await page.getByText('Shown: plain32.safetensors').count()).toBe(1)
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
