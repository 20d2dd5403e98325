/** Training through the public functions, in Node. */
import { describe, expect, test } from 'vitest'
import { createTrainer, evaluate, openEngine, resumeTrainer, train, trainToEnd } from '../../../src/internal.node.js'
import { tinyData, tinyRecipe, tinySpec } from '../../train/tiny.js'

const reference = { engine: 'reference' } as const

test('train gives figures, history and the network', async () => {
  const epochs: number[] = []
  let steps = 0
  const result = await train(tinySpec, tinyData(), tinyRecipe(), {
    ...reference,
    onProgress: ({ step }) => {
      steps = step
    },
    onEpoch: ({ epoch, test }) => {
      epochs.push(epoch)
      expect(test).toBeDefined()
    },
  })
  expect(epochs).toEqual([1, 2, 3])
  expect(steps).toBe(9)
  expect(result).toMatchObject({ epochs: 3, engine: 'reference', test: result.history[2]!.test })
  expect(result.weightHash).toMatch(/^[0-9a-f]{16}$/)
  expect(result.imagesPerSecond).toBeGreaterThan(0)

  const evaluation = await evaluate(result.checkpoint, tinyData(), reference)
  expect(evaluation).toMatchObject({ ...result.test, count: 9, engine: 'reference' })
})

test('a run stopped between its last step and the evaluation is finished by going on', async () => {
  const first = await createTrainer(tinySpec, tinyData(), tinyRecipe(), reference)
  for await (const _ of first.steps());
  const checkpoint = await first.checkpoint()
  await first.dispose()
  await using second = await resumeTrainer(checkpoint, tinyData(), reference)
  const result = await trainToEnd(second)
  const whole = await train(tinySpec, tinyData(), tinyRecipe(), reference)
  expect(result.weightHash).toBe(whole.weightHash)
  expect(result.test).toEqual(whole.test)
})

test('a checkpoint is not evaluated on other classes', async () => {
  const { checkpoint } = await train(tinySpec, tinyData(), tinyRecipe({ epochs: 1 }), reference)
  const other = { ...tinyData(), name: 'other', classes: ['a', 'b', 'c'] }
  await expect(evaluate(checkpoint, other, reference)).rejects.toThrow('other has 3 classes, tiny8 has 2')
})

test('an engine that came in open is shared and stays open', async () => {
  const engine = await openEngine(reference)
  let disposed = 0
  const watched = { ...engine, dispose: async () => void disposed++ }
  await train(tinySpec, tinyData(), tinyRecipe({ epochs: 1 }), { engine: watched })
  await train(tinySpec, tinyData(), tinyRecipe({ epochs: 1 }), { engine: watched })
  expect(disposed).toBe(0)
})

describe('the same bits whatever the number of threads', () => {
  const builds = ['native-avx512', 'native-avx2', 'native-baseline', 'wasm-simd'] as const
  const required = (process.env.RESNET_REQUIRE_ENGINES ?? '').split(',')

  test.for(builds)('%s', async (engine, { skip }) => {
    const hashes = new Set<string>()
    for (const threads of [1, 2, 3]) {
      const opened = await openEngine({ engine, threads }).catch((error: Error) => error)
      if (opened instanceof Error) {
        if (required.includes(engine)) throw opened
        console.warn(`${engine} is absent, its test is skipped: ${opened.message}`)
        return skip()
      }
      try {
        expect(opened.threads).toBe(threads)
        const { weightHash } = await train(tinySpec, tinyData(), tinyRecipe(), { engine: opened })
        hashes.add(weightHash)
      } finally {
        await opened.dispose()
      }
    }
    expect(hashes.size).toBe(1)
  })
})

test('a step allocates nothing: memory stays as it is over a thousand steps', async () => {
  await using trainer = await createTrainer(tinySpec, tinyData(), tinyRecipe({ epochs: 500 }))
  const grown = async (steps: number) => {
    const before = process.memoryUsage.rss()
    for await (const _ of trainer.steps(steps));
    return (process.memoryUsage.rss() - before) / 2 ** 20
  }
  await grown(400) // warm-up: the heap takes its size
  expect(await grown(1000)).toBeLessThan(24)
})
