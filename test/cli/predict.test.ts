/** `resnet predict` and `embed`: pictures in, a table, drawings and features out. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { load, readPicture } from '../../src/internal.node.js'
import { Random } from '../../src/util/random.js'
import { pythonWith, testWhere } from '../formats/others.js'
import { resnet } from './run.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet predict '))
const weights = fileURLToPath(new URL('../formats/fixtures/bearpaw.safetensors', import.meta.url))
const flags = ['--weights', weights, '--engine', 'reference']
const random = new Random(4)
const picture = (width: number, height: number) =>
  sharp(
    Uint8Array.from({ length: width * height * 3 }, () => random.below(256)),
    { raw: { width, height, channels: 3 } },
  )

beforeAll(async () => {
  mkdirSync(join(folder, 'cats/old'), { recursive: true })
  await picture(48, 40).png().toFile(join(folder, 'cats/a.png'))
  await picture(32, 32).jpeg().toFile(join(folder, 'cats/old/b.jpg'))
  await picture(20, 50).webp({ lossless: true }).toFile(join(folder, 'c.webp'))
  writeFileSync(join(folder, 'notes.jpg'), 'this is no picture')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const at = (...args: string[]) => resnet(args, { cwd: folder })

describe('predict', () => {
  test('prints a table a picture, of folders and patterns too', async () => {
    const { code, out, err } = await at('predict', 'cats', '*.webp', ...flags, '--top', '2')
    expect(code).toBe(0)
    expect(err).toBe(`${weights}: resnet8 with 3 classes (safetensors, names of bearpaw)\n`)
    const row = / {2}class \d {19} *\d+\.\d % {0,2}[█▏▎▍▌▋▊▉]*\n/
    const table = (file: string) => `${file}\n(${row.source}){2}`
    expect(out).toMatch(new RegExp(`^${table('cats/a.png')}\n${table('cats/old/b.jpg')}\n${table('c.webp')}$`))
    await using net = await load(weights, { engine: 'reference' })
    const [best] = await net.classify(await readPicture(join(folder, 'c.webp')))
    expect(out.split('c.webp\n')[1]).toContain(
      `${best!.label}${' '.repeat(17)}  ${(100 * best!.probability).toFixed(1).padStart(5)} %  █`,
    )
  })

  test('names what cannot be read, predicts the others, and fails', async () => {
    const { code, out, err } = await at('predict', 'notes.jpg', 'gone.png', 'c.webp', ...flags, '--json')
    expect(code).toBe(1)
    const { network, pictures, unreadable } = JSON.parse(out)
    expect(network).toBe('resnet8')
    expect(pictures.map(({ file, top }: { file: string; top: object[] }) => [file, top.length])).toEqual([
      ['c.webp', 3],
    ])
    expect(unreadable).toEqual([
      {
        file: 'notes.jpg',
        reason:
          'notes.jpg: is no picture that can be read: expected PNG, JPEG, WebP, GIF, TIFF, AVIF, BMP or PPM, got something else',
      },
      { file: 'gone.png', reason: 'gone.png: cannot be read: it does not exist' },
    ])
    expect(err).toContain('notes.jpg: is no picture')
    expect(err).toContain('resnet: 2 of 3 pictures cannot be read; they are named above\n')
  })

  test('no bad input takes a good one with it: empty, a folder, an SVG, cut short, a pattern that nothing fits', async () => {
    const whole = readFileSync(join(folder, 'cats/old/b.jpg'))
    writeFileSync(join(folder, 'empty.jpg'), '')
    writeFileSync(join(folder, 'drawing.png'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
    writeFileSync(join(folder, 'cut.jpg'), whole.subarray(0, whole.length >> 1))
    mkdirSync(join(folder, 'hollow'), { recursive: true })
    const bad = ['empty.jpg', 'hollow', 'drawing.png', 'cut.jpg', 'dogs/*.jpg']
    const { code, out, err } = await at('predict', ...bad, 'c.webp', ...flags, '--json')
    expect(code).toBe(1)
    expect(err).not.toMatch(/^ +at /m)
    const { pictures, unreadable } = JSON.parse(out)
    expect(pictures.map(({ file }: { file: string }) => file)).toEqual(['c.webp'])
    const reasons = Object.fromEntries(
      unreadable.map((one: { file: string; reason: string }) => [one.file, one.reason]),
    )
    expect(reasons).toEqual({
      'empty.jpg': 'empty.jpg: is no picture that can be read: the file is empty',
      hollow: 'hollow: this folder holds no pictures',
      'drawing.png': 'drawing.png: is an SVG drawing, which cannot be read as a picture; save it as PNG or JPEG',
      'cut.jpg': expect.stringMatching(/^cut\.jpg: is no picture that can be read: [^\n]+$/),
      'dogs/*.jpg': 'dogs/*.jpg: no picture fits this pattern',
    })
    const plain = await at('predict', 'empty.jpg', 'c.webp', ...flags)
    expect(plain).toMatchObject({ code: 1, out: expect.stringContaining('c.webp\n') })
    expect(plain.err).toContain('resnet: 1 of 2 pictures cannot be read; they are named above\n')
    const none = await at('predict', 'hollow', ...flags, '--json')
    expect([none.code, JSON.parse(none.out)]).toEqual([
      1,
      {
        network: null,
        pictures: [],
        unreadable: [{ file: 'hollow', reason: 'hollow: this folder holds no pictures' }],
      },
    ])
  })

  test('draws where it sees what it answers', async () => {
    const one = await at(
      'predict',
      'c.webp',
      ...flags,
      '--explain',
      'out.png',
      '--class',
      '1',
      '--block',
      'stage2.block1',
    )
    expect(one).toMatchObject({
      code: 0,
      err: expect.stringContaining('out.png: where resnet8 sees class 1 (grad-cam at stage2.block1)\n'),
    })
    expect(await sharp(join(folder, 'out.png')).metadata()).toMatchObject({ width: 20, height: 50, channels: 3 })
    const many = await at('predict', 'cats', 'cats/a.png', ...flags, '--explain', 'maps', '--json')
    expect(many.code).toBe(0)
    for (const name of ['a.png', 'b.png']) expect(existsSync(join(folder, 'maps', name))).toBe(true)
    expect(await at('predict', 'cats', ...flags, '--explain', 'x.png')).toMatchObject({
      code: 2,
      err: 'resnet: --explain x.png: there are 2 pictures, so name a folder to write them to\n',
    })
    expect((await at('predict', 'c.webp', ...flags, '--explain', 'x.bmp')).err).toContain(
      'x.bmp: expected a name that ends in .png, .jpg, .jpeg, .webp, .tif, .tiff, .gif, .avif, got .bmp',
    )
  })

  test('says what is wrong with its arguments', async () => {
    mkdirSync(join(folder, 'empty'))
    const missing = 'resnet: 1 of 1 pictures cannot be read; they are named above\n'
    expect((await at('predict', 'empty', ...flags)).err).toBe(`empty: this folder holds no pictures\n${missing}`)
    expect((await at('predict', 'dogs/*.jpg', ...flags)).err).toBe(
      `dogs/*.jpg: no picture fits this pattern\n${missing}`,
    )
    expect((await at('predict', 'c.webp', '--weights', 'hub:x')).err).toMatch(
      /^resnet: hub:x: expected hub:OWNER\/NAME/,
    )
    expect(await at('predict', 'c.webp')).toMatchObject({
      code: 2,
      err: expect.stringContaining("'--weights <file>' not specified"),
    })
  })
})

describe('embed', () => {
  const python = pythonWith('numpy')
  testWhere(python, 'NumPy')('writes what NumPy reads', async () => {
    const { code, out } = await at('embed', 'cats', ...flags, '--out', 'f.npy')
    expect([code, out]).toEqual([0, 'wrote f.npy: 2 pictures, 8 features each, in the order of the pictures\n'])
    const program =
      'import numpy, sys; a = numpy.load(sys.argv[1]); print(a.shape, a.dtype, a.flags.c_contiguous, a[1].tolist())'
    const text = execFileSync(python!, ['-c', program, join(folder, 'f.npy')], { encoding: 'utf8' })
    expect(text).toMatch(/^\(2, 8\) float32 True \[/)
    await using net = await load(weights, { engine: 'reference' })
    const wanted = await net.embed(await readPicture(join(folder, 'cats/old/b.jpg')))
    expect(JSON.parse(text.slice(text.indexOf('[')))).toEqual(Array.from(wanted))
  })

  test('with --json says which row is of which picture', async () => {
    const { code, out } = await at('embed', 'notes.jpg', 'c.webp', ...flags, '--out', 'g.npy', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      out: 'g.npy',
      shape: [1, 8],
      files: ['c.webp'],
      unreadable: [{ file: 'notes.jpg' }],
    })
    expect(readFileSync(join(folder, 'g.npy')).length).toBe(128 + 32)
  })

  test('writes nothing where there is nothing', async () => {
    const { code, err } = await at('embed', 'notes.jpg', ...flags, '--out', 'h.npy')
    expect([code, existsSync(join(folder, 'h.npy'))]).toEqual([1, false])
    expect(err).toContain('resnet: none of 1 pictures can be read; nothing is written\n')
    writeFileSync(join(folder, 'void.png'), '')
    const json = await at('embed', 'void.png', 'gone/*.png', ...flags, '--out', 'h.npy', '--json')
    expect([json.code, JSON.parse(json.out)]).toMatchObject([
      1,
      { out: null, files: [], unreadable: [{ file: 'gone/*.png' }, { file: 'void.png' }] },
    ])
    expect(await at('embed', 'c.webp', ...flags, '--out', 'h.csv')).toMatchObject({
      code: 2,
      err: 'resnet: --out h.csv: expected a name that ends in .npy\n',
    })
  })
})
