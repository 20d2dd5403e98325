/** `resnet convert`, `eval` and `summary` on weights of others. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { decodeNetwork } from '../../src/api/files/weights.js'
import { tinyCifar10 } from '../data/cifar/make-cifar.js'
import { resnet } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet convert '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const fixture = (name: string) => fileURLToPath(new URL(`../formats/fixtures/${name}`, import.meta.url))

describe('convert', () => {
  test('to safetensors, which become the same network again', async () => {
    const out = join(folder, 'net.safetensors')
    const { code, out: printed, err } = await resnet(['convert', fixture('odd.pth'), out])
    expect({ code, printed, err }).toEqual({
      code: 0,
      printed: `wrote ${out}\n`,
      err: `${fixture('odd.pth')}: resnet8 with 3 classes (PyTorch, zip form, names of akamaster)\n`,
    })
    const read = (path: string) => decodeNetwork(Uint8Array.from(readFileSync(path)), path)
    const [{ origin, ...network }, wanted] = [await read(out), await read(fixture('odd.pth'))]
    expect(origin).toBe('export of resnet.ts')
    expect({ ...network, keys: '' }).toEqual({ ...wanted, keys: '', origin: undefined })
  })

  test('to ONNX, with --json', async () => {
    const out = join(folder, 'net.onnx')
    const { code, out: printed } = await resnet(['convert', fixture('legacy.pth'), out, '--json'])
    expect(code).toBe(0)
    expect(existsSync(out)).toBe(true)
    expect(JSON.parse(printed)).toEqual({
      name: 'resnet8',
      origin: 'PyTorch, legacy form, names of akamaster',
      params: 1293,
      classes: 3,
      input: { channels: 3, height: 32, width: 32 },
      normalisation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      out,
    })
  })

  test('onto itself is refused: what a checkpoint knows of its training would be lost', async () => {
    const own = join(folder, 'own.safetensors')
    copyFileSync(fixture('akamaster.safetensors'), own)
    const link = join(folder, 'link.safetensors')
    symlinkSync(own, link)
    for (const out of [own, link])
      expect(await resnet(['convert', own, out])).toMatchObject({
        code: 2,
        err: `resnet: ${out}: is the file to be read, and would be lost; name another to write\n`,
      })
    expect(readFileSync(own)).toEqual(readFileSync(fixture('akamaster.safetensors')))
  })

  test('to anything else is wrong usage, before anything is read', async () => {
    expect((await resnet(['convert', join(folder, 'gone.pth'), 'net.pt'])).err).toContain('net.pt: expected a name')
    const { code, err } = await resnet(['convert', fixture('zip.pth'), join(folder, 'net.pth')])
    expect(code).toBe(2)
    expect(err).toContain('net.pth: expected a name that ends in .safetensors or .onnx, got .pth\n')
  })

  test('from what is no file of weights', async () => {
    const path = join(folder, 'notes.txt')
    writeFileSync(path, 'these are no weights at all')
    expect(await resnet(['convert', path, join(folder, 'x.onnx')])).toMatchObject({
      code: 1,
      err: `resnet: ${path}: no file of weights: expected safetensors or a file of torch.save, got 27 bytes of something else\n`,
    })
    expect((await resnet(['convert', join(folder, 'gone.pth'), 'x.onnx'])).err).toContain(
      'cannot be read: it does not exist',
    )
  })
})

test('summary says what a file was recognised as', async () => {
  const { code, out, err } = await resnet(['summary', fixture('bearpaw.safetensors'), '--blocks'])
  expect(code).toBe(0)
  expect(out).toMatch(/^resnet8: 8 weighted layers, 3x32x32 pictures, 3 classes\n/)
  expect(err).toContain('safetensors, names of bearpaw; pictures are normalised with mean 0.4914, 0.4822, 0.4465')
  expect(await resnet(['summary', fixture('zip.pth'), '--classes', '4'])).toMatchObject({
    code: 2,
    err: 'resnet: --classes 4: a number is for networks by name; files of weights have their own number and take names, such as NO,YES\n',
  })
  expect((await resnet(['summary', 'resnet2O'])).err).toContain('Did you mean resnet20, resnet8 or resnet32?')
})

test('eval says that classes differ, and takes a name', async () => {
  const data = join(folder, 'cifar')
  const { mkdirSync } = await import('node:fs')
  mkdirSync(data)
  for (const [name, bytes] of Object.entries(tinyCifar10)) writeFileSync(join(data, name), bytes)
  const evaluate = (...more: string[]) =>
    resnet([
      'eval',
      '--weights',
      fixture('zip.pth'),
      '--dataset',
      'cifar10',
      '--data',
      data,
      '--engine',
      'reference',
      ...more,
    ])
  expect(await evaluate()).toMatchObject({ code: 2, err: 'resnet: cifar10 has 10 classes, resnet8 has 3\n' })
  expect((await evaluate('--arch', 'resnet20')).err).toContain(
    'zip.pth: its tensors do not fit resnet20 with 3 classes: 96 of 97 differ; they look like those of resnet8\n',
  )
})
