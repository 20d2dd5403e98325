/** `resnet train` and `resnet eval`, on the reference engine. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readCheckpoint, writeAtomically } from '../../src/internal.node.js'
import { encodeCheckpoint } from '../../src/train/checkpoint/checkpoint.js'
import { tinyCifar10 } from '../data/cifar/make-cifar.js'
import { resnet } from './run.js'

const base = mkdtempSync(join(tmpdir(), 'resnet train '))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const data = ['--dataset', 'builtin', '--limit-test', '10', '--engine', 'reference']
const net = ['-a', 'resnet8', '--size', '16', '--limit-train', '20', '-b', '4', '--lr', '0.01', '--epochs', '2']

const train = (folder: string, ...more: string[]) =>
  resnet(['train', ...net, ...data, '--save-dir', join(base, folder), '--json', ...more])

interface Result {
  readonly epochs: number
  readonly train: { readonly loss: number; readonly top1Error: number }
  readonly test: { readonly loss: number; readonly top1Error: number }
  readonly imagesPerSecond: number
  readonly engine: string
  readonly weightHash: string
  readonly checkpoint: string
}

const whole = train('whole')

describe('train', () => {
  test('ends with one JSON object, progress apart from it', async () => {
    const { code, out, err } = await whole
    expect(code).toBe(0)
    const result = JSON.parse(out) as Result
    expect(Object.keys(result)).toEqual([
      'epochs',
      'train',
      'test',
      'imagesPerSecond',
      'engine',
      'weightHash',
      'checkpoint',
    ])
    expect(result).toMatchObject({ epochs: 2, engine: 'reference', checkpoint: join(base, 'whole/last.safetensors') })
    expect(err).toMatch(/^memory: [\d.]+ MiB for a step, [\d.]+ MiB for evaluations$/m)
    expect(err).toContain('resnet8 on builtin: 20 training and 10 test pictures\n')
    expect(err).toContain('engine reference, 1 thread: asked for\n')
    expect(err).toMatch(
      /^epoch 1\/2 {2}loss \d\.\d{4} {2}train error [\d.]+ % {2}test error [\d.]+ %( {2}[\d.]+ images\/s)? {2}[\d.]+ s left$/m,
    )
    expect(err).toMatch(/^epoch 2\/2 .* images\/s$/m)
  })

  test('leaves checkpoints and a line of metrics for each epoch', async () => {
    await whole
    expect(readdirSync(join(base, 'whole')).sort()).toEqual(['best.safetensors', 'last.safetensors', 'metrics.jsonl'])
    const lines = readFileSync(join(base, 'whole/metrics.jsonl'), 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [1, 2].map((epoch) => ({
        epoch,
        step: 5 * epoch,
        lr: expect.any(Number),
        train: { loss: expect.any(Number), top1Error: expect.any(Number) },
        test: { loss: expect.any(Number), top1Error: expect.any(Number) },
        imagesPerSecond: expect.any(Number),
        seconds: expect.any(Number),
      })),
    )
  })

  test('making values again instead of keeping them changes no bit', async () => {
    const { out } = await train('recomputed', '--recompute')
    expect((JSON.parse(out) as Result).weightHash).toBe((JSON.parse((await whole).out) as Result).weightHash)
  })

  test('going on with other settings is wrong usage', async () => {
    await whole
    const resume = (...more: string[]) => resnet(['train', '--resume', join(base, 'whole'), ...more])
    expect(await resume('--lr', '0.5')).toMatchObject({
      code: 2,
      err: 'resnet: --lr 0.5: the resumed run has 0.01; leave the flag out, or start a new run\n',
    })
    expect((await resume('-a', 'resnet20')).err).toContain('--arch resnet20: the resumed run has resnet8;')
    expect((await resume('--no-augment')).err).toContain('--no-augment')
  })
})

test('a run on data that the command line cannot load is told so', async () => {
  await whole
  const checkpoint = await readCheckpoint(join(base, 'whole/last.safetensors'))
  const file = join(base, 'mine.safetensors')
  await writeAtomically(file, encodeCheckpoint({ ...checkpoint, data: { ...checkpoint.data, name: 'mine' } }))
  expect(await resnet(['train', '--resume', file])).toMatchObject({
    code: 2,
    err: `resnet: ${file}: was trained on mine, which has no --dataset name; only the library can go on with it\n`,
  })
})

describe('eval', () => {
  test('gives the figures of the training', async () => {
    const { test: figures } = JSON.parse((await whole).out) as Result
    const weights = join(base, 'whole/last.safetensors')
    const { code, out } = await resnet(['eval', '--weights', weights, ...data, '--json'])
    expect(code).toBe(0)
    const evaluation = JSON.parse(out) as { count: number; correct: number; top1Error: number; loss: number }
    expect(Object.keys(evaluation)).toEqual(['count', 'correct', 'accuracy', 'top1Error', 'loss'])
    expect(evaluation).toMatchObject({ ...figures, count: 10 })
    expect(evaluation.correct).toBe(Math.round(10 - figures.top1Error / 10))
  })

  test('in words', async () => {
    await whole
    const { out } = await resnet(['eval', '--weights', join(base, 'whole/best.safetensors'), ...data])
    expect(out).toMatch(/^resnet8 on 10 test pictures of builtin: error [\d.]+ % \(\d+ right\), loss [\d.]+\n$/)
  })

  test('takes the data that the weights learned from', async () => {
    await whole
    const weights = join(base, 'whole/last.safetensors')
    const limits = ['--limit-test', '10', '--engine', 'reference']
    const recorded = await resnet(['eval', '--weights', weights, ...limits])
    expect(recorded.err).toBe('--dataset builtin: the training data of these weights\n')
    const { test: figures } = JSON.parse((await whole).out) as Result
    expect(recorded.out).toContain(`resnet8 on 10 test pictures of builtin: error ${figures.top1Error.toFixed(1)} %`)
  })

  test('asks for the data where the weights do not say what they learned from', async () => {
    await whole
    const weights = join(base, 'whole/last.safetensors')
    const file = join(base, 'unnamed.safetensors')
    const checkpoint = await readCheckpoint(weights)
    await writeAtomically(file, encodeCheckpoint({ ...checkpoint, data: { ...checkpoint.data, name: 'mine' } }))
    expect(await resnet(['eval', '--weights', file])).toMatchObject({
      code: 2,
      err: `resnet: --dataset: missing; ${file} learned from mine, which has no name here: name the data to evaluate on, builtin, cifar10, cifar100, folder, mnist, fashion-mnist, npz, csv\n`,
    })
    const exported = join(base, 'export.safetensors')
    await resnet(['convert', weights, exported])
    expect(await resnet(['eval', '--weights', exported])).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'export.safetensors does not say what its network learned from: name the data to evaluate',
      ),
    })
    expect((await resnet(['eval', '--weights', weights, '--all'])).err).toContain(
      '--all: is for --dataset folder; leave it out',
    )
  })

  test('refuses data of other classes', async () => {
    await whole
    const weights = join(base, 'whole/last.safetensors')
    const cifar = join(base, 'cifar')
    mkdirSync(cifar)
    for (const [name, bytes] of Object.entries(tinyCifar10)) writeFileSync(join(cifar, name), bytes)
    const args = ['eval', '--weights', weights, '--dataset', 'cifar10', '--data', cifar, '--engine', 'reference']
    const { code, out, err } = await resnet(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(
      'it has airplane, automobile, bird and 7 more, which these weights do not know, and lacks ring, cross, star and 7 more',
    )
  })

  test('says where the data has a normalisation of its own', async () => {
    await whole
    const checkpoint = await readCheckpoint(join(base, 'whole/last.safetensors'))
    const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] }
    const preprocessing = { ...checkpoint.preprocessing, normalisation }
    const weights = join(base, 'other.safetensors')
    await writeAtomically(weights, encodeCheckpoint({ ...checkpoint, preprocessing }))
    const { code, err } = await resnet(['eval', '--weights', weights, ...data])
    expect(code).toBe(0)
    expect(err).toMatch(
      /^note: these weights were trained on builtin with mean 0\.5, 0\.5, 0\.5 and std 0\.2, 0\.2, 0\.2, which is used here too; builtin has mean .* expect a larger error/m,
    )
    expect((await resnet(['eval', '--weights', join(base, 'whole/last.safetensors'), ...data])).err).not.toContain(
      'note:',
    )
  })
})

test('a reader that goes away does not stop a training', async () => {
  const { code } = await resnet(['train', ...net.slice(0, -1), '1', ...data, '--save-dir', join(base, 'piped')], {
    closeOut: true,
  })
  expect(code).toBe(0)
  expect(existsSync(join(base, 'piped/last.safetensors'))).toBe(true)
})
