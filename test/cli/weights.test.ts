/** Files of weights as people have them, through the commands: entries, classes, sizes, nets without a classifier. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { modulePickle, netTensors, savedAs, stateDict } from '../formats/pytorch/make-saved.js'
import { resnet } from './run.js'

const cwd = mkdtempSync(join(tmpdir(), 'resnet weights '))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))
const at = (...args: string[]) => resnet(args, { cwd })
const reference = ['--engine', 'reference']

beforeAll(async () => {
  const tensors = netTensors()
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(cwd, name), bytes)
  write('module.pth', savedAs(modulePickle(tensors)))
  write('two.pth', savedAs({ one: stateDict(tensors), other: stateDict(new Map([...tensors].reverse())) }))
  const without = new Map([...tensors].filter(([name]) => !name.startsWith('linear')))
  write('no-head.pth', savedAs(stateDict(without)))
  write('value.pth', savedAs(stateDict(new Map([...without, ['linear.weight', [1, 12]], ['linear.bias', [1]]]))))
  write('names.txt', new TextEncoder().encode('red\ngreen\n\nblue\n'))
  const raw = { width: 40, height: 36, channels: 3 } as const
  await sharp(new Uint8Array(40 * 36 * 3).fill(99), { raw })
    .png()
    .toFile(join(cwd, 'p.png'))
})

test('calls that are not run are said and listed', async () => {
  const summary = await at('summary', 'module.pth')
  expect(summary.err).toContain('note: module.pth: its pickle calls __main__.Net; nothing of it was run\n')
  const { out: stdout } = await at('summary', 'module.pth', '--contents')
  expect(stdout).toContain('module.pth: PyTorch, zip form')
  expect(stdout).toMatch(/^\/ +\d+ tensors, a module of the class __main__\.Net$/m)
  expect(stdout).toMatch(/PyTorch would run, and nothing of it is run here: __main__\.Net \(\d+\)/)
  const plain = await at('summary', 'no-head.pth', '--contents')
  expect(plain.out).toContain('PyTorch would run nothing but what makes tensors and plain containers')
  const json = JSON.parse((await at('summary', 'module.pth', '--contents', '--json')).out) as { form: string }
  expect(json.form).toBe('PyTorch, zip form')
  expect((await at('summary', 'resnet20', '--contents')).err).toContain(
    '--contents: is for files, resnet20 is the name of a network',
  )
  expect((await at('summary', 'names.txt', '--contents')).err).toContain(
    'names.txt: no file of weights: expected safetensors or a file of torch.save to list',
  )
})

test('of two networks one is chosen by name', async () => {
  expect((await at('summary', 'two.pth')).err).toContain('2 of its entries are networks: one, other; choose one')
  expect((await at('summary', 'two.pth', '--entry', 'other')).code).toBe(0)
})

test('classes and sizes by the word of the user, kept by what is converted', async () => {
  const flags = ['--classes', 'names.txt', '--size', '40', '--crop', '36', '--interpolation', 'bicubic']
  expect((await at('convert', 'module.pth', 'out.safetensors', ...flags)).code).toBe(0)
  const { out: stdout } = await at('predict', 'p.png', '--weights', 'out.safetensors', '--json', ...reference)
  const { pictures } = JSON.parse(stdout) as { pictures: { top: { label: string }[] }[] }
  expect(pictures[0]!.top.map(({ label }) => label).sort()).toEqual(['blue', 'green', 'red'])
  expect((await at('summary', 'out.safetensors', '--size', '3')).err).toContain(
    'out.safetensors: the file itself says all about its network; leave sizes of pictures or an interpolation out',
  )
  expect((await at('summary', 'module.pth', '--size', '30', '--crop', '40')).err).toContain(
    '--crop 40: is larger than the 30 of --size; the middle of a picture is no larger',
  )
  expect((await at('summary', 'module.pth', '--classes', ' , ')).err).toContain('holds no names; give a file with')
  expect((await at('summary', 'resnet20', '--classes', 'a,b')).err).toContain(
    '--classes a,b: of the name of a network it is a whole number of at least 2, names are for files of weights',
  )
})

test('without a classifier: embed works, predict says why not', async () => {
  const embed = await at('embed', 'p.png', '--weights', 'no-head.pth', '--out', 'f.npy', ...reference)
  expect(embed.out).toBe('wrote f.npy: 1 pictures, 12 features each, in the order of the pictures\n')
  const { err: stderr, code } = await at('predict', 'p.png', '--weights', 'no-head.pth', ...reference)
  expect(code).toBe(2)
  expect(stderr).toContain('this network has no classifier and gives features of pictures; use embed, or fine-tune it')
  for (const out of ['f.safetensors', 'f.onnx']) expect((await at('convert', 'no-head.pth', out)).code).toBe(0)
  expect((await at('summary', 'f.safetensors')).out).toContain('features, no classifier')
})

test('one output: a number, or a probability of two classes', async () => {
  const { out: stdout, err: stderr } = await at('predict', 'p.png', '--weights', 'value.pth', ...reference)
  expect(stdout).toBe('p.png\n  value 0\n')
  expect(stderr).toContain('gives one number; --classes NO,YES reads it as a probability')
  const both = await at('predict', 'p.png', '--weights', 'value.pth', '--classes', 'no,yes', '--json', ...reference)
  expect(JSON.parse(both.out)).toMatchObject({ pictures: [{ top: [{ probability: 0.5 }, { probability: 0.5 }] }] })
})
