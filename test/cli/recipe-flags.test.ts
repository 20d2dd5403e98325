/** The flags that say how to train, through the command line, on the engines that people use. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/internal.node.js'
import { describeEngines } from '../engine/engines.js'
import { resnet } from './run.js'

const base = mkdtempSync(join(tmpdir(), 'resnet flags '))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const net = '-a resnet8 --size 16 --limit-train 40 --limit-test 10 --epochs 2 --json'.split(' ')

/** Trains with flags; the result, and the checkpoint it left. */
async function train(folder: string, engine: string, flags: string, threads = 2) {
  const saveDir = join(base, folder)
  const compute = ['--engine', engine, '--threads', String(threads), '--save-dir', saveDir]
  const { code, out, err } = await resnet(['train', ...net, ...compute, ...flags.split(' ')])
  expect(err).not.toContain('resnet:')
  expect(code).toBe(0)
  const result = JSON.parse(out) as { weightHash: string; val?: { top1Error: number }; engine: string }
  return { result, err, checkpoint: await readCheckpoint(join(saveDir, 'last.safetensors')) }
}

await describeEngines(
  (engine) => {
    test('Adam, accumulation, drop path, clipping by norm, smoothing, precise norms, a split', async () => {
      const { build } = engine()
      const flags =
        '-b 4 --accumulate 2 --optimizer adamw --betas 0.8,0.99 --epsilon 1e-7 --lr 0.01 --wd 0.01 --decay-on weights ' +
        '--drop-path 0.3 --drop-path-rule uniform --drop-path-by batch --clip-norm 1 --label-smoothing 0.1 --precise-bn 2 ' +
        '--zero-init-residual --val-split 0.2 --schedule constant --no-augment'
      const { result, checkpoint } = await train(`${build} adam`, build, flags)
      expect(checkpoint.recipe).toMatchObject({
        batchSize: 4,
        accumulate: 2,
        optimizer: 'adamw',
        betas: [0.8, 0.99],
        epsilon: 1e-7,
        lr: 0.01,
        weightDecay: 0.01,
        decayOn: 'weights',
        dropPath: 0.3,
        dropPathRule: 'uniform',
        dropPathBy: 'batch',
        clipNorm: 1,
        labelSmoothing: 0.1,
        preciseBn: 2,
        zeroInitResidual: true,
        schedule: 'constant',
      })
      expect(checkpoint.data).toEqual({ name: 'builtin', train: 32, val: 8, test: 10 })
      expect(checkpoint.progress.step).toBe(8)
      expect(checkpoint.progress.bestOnVal).toBeDefined()
      expect(result.val!.top1Error).toBe(checkpoint.progress.history.at(-1)!.val!.top1Error)
      const alone = await train(`${build} alone`, build, flags, 1)
      expect(alone.result.weightHash).toBe(result.weightHash)
    })

    test('Nesterov, milestones, warm-up by error, clipping over lr', async () => {
      const { build } = engine()
      const flags =
        '-b 4 --nesterov --lr 0.01 --milestones 1 --gamma 0.5 --warmup-until 99 --warmup-lr 0.002 --clip-rate 0.001'
      const { checkpoint, err } = await train(`${build} sgd`, build, flags)
      expect(checkpoint.recipe).toMatchObject({ nesterov: true, milestones: [1], gamma: 0.5, schedule: 'step' })
      expect(checkpoint.recipe).toMatchObject({ warmupUntil: 99, warmupLr: 0.002, clipRate: 0.001 })
      const { warmUp, history } = checkpoint.progress
      expect(warmUp!.ended).toBeGreaterThan(0)
      expect(history.map(({ lr }) => lr)).toEqual([0.01, 0.005])
      expect(err).not.toContain('the warm-up has not ended')
    })

    test('a warm-up that does not end is pointed out once', async () => {
      const { build } = engine()
      const { err } = await train(`${build} long`, build, '-b 4 --lr 0.01 --warmup-until 1')
      expect(
        err.match(/note: the warm-up has not ended after 10 of 20 steps: the training error is [\d.]+ % and/g),
      ).toHaveLength(1)
      expect(err.match(/the warm-up has not ended/g)).toHaveLength(1)
    })
  },
  ['reference', 'native-avx2', 'native-baseline', 'wasm-simd-alone'],
)
