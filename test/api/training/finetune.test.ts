/** Fine-tuning: what it is good for, that its two parts are one network, that it goes on in the same bits. */
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Checkpoint,
  ConfigError,
  createFinetuning,
  decodeCheckpoint,
  encodeCheckpoint,
  evaluate,
  type FinetuneOptions,
  type Freeze,
  finetune,
  holdOut,
  pictureBytes,
  preset,
  resumeFinetuning,
  train,
} from '../../../src/internal.node.js'
import { SIZE, sevenShapes, threeShapes } from '../shapes.js'

const input = { channels: 3, height: SIZE, width: SIZE }
const augmentation = { pad: 2, flip: true }
let seven: Checkpoint

beforeAll(async () => {
  const recipe = { epochs: 3, batchSize: 32, lr: 0.1, schedule: 'one-cycle', augmentation } as const
  const { checkpoint } = await train(preset('resnet8', { classes: 7, input }), sevenShapes, recipe)
  // Weights carry their normalisation, whatever the data says.
  const normalisation = { ...sevenShapes.normalisation, mean: [0.45, 0.45, 0.45] }
  seven = { ...checkpoint, preprocessing: { ...checkpoint.preprocessing, normalisation } }
})

test('three classes of 30 pictures: far better than from scratch', async () => {
  // The mean of three seeds: the bits of one are luck, and differ among builds.
  const errors = { tuned: 0, scratch: 0 }
  for (const seed of [0, 1, 2]) {
    const tuned = await finetune(seven, threeShapes, { seed })
    expect(tuned.plan.freeze).toBe('all')
    expect(tuned.plan.reason).toBe(
      'all of resnet8 is frozen, its new classifier learns (90 training pictures are too few to move more)',
    )
    const recipe = { epochs: 40, batchSize: 16, lr: 0.05, augmentation, seed }
    const scratch = await train(preset('resnet8', { classes: 3, input }), threeShapes, recipe)
    errors.tuned += tuned.test.top1Error / 3
    errors.scratch += scratch.test.top1Error / 3
  }
  expect(errors.tuned + 12).toBeLessThan(errors.scratch)
})

const short: FinetuneOptions = { views: 2, epochs: 2, batchSize: 16 }

describe.each<Freeze>(['none', 'stem', 'stage1', 'stage2', 'stage3', 'all'])('frozen: %s', (freeze) => {
  test('frozen weights stay, the others move, and both are one network', async () => {
    const { checkpoint, test: judged, history } = await finetune(seven, threeShapes, { ...short, freeze })
    const levels = ['stem', 'stage1', 'stage2', 'stage3']
    const frozen = freeze === 'none' ? 0 : freeze === 'all' ? 4 : levels.indexOf(freeze) + 1
    for (const [path, { data }] of checkpoint.weights) {
      const before = seven.weights.get(path)?.data
      const isFrozen = levels.slice(0, frozen).some((level) => path.startsWith(level))
      if (!path.startsWith('head'))
        expect([path, data.every((value, i) => value === before![i])]).toEqual([path, isFrozen])
    }
    const { top1Error } = await evaluate(checkpoint, threeShapes)
    expect(judged.top1Error).toBeCloseTo(top1Error, 9)
    expect(history.at(-1)!.test!.top1Error).toBeCloseTo(top1Error, 9)
    expect(checkpoint.preprocessing).toEqual({ ...seven.preprocessing, classes: threeShapes.classes })
    expect(checkpoint.spec).toEqual({ ...seven.spec, head: { ...seven.spec.head, classes: 3 } })
    expect(checkpoint.tuning).toEqual({ freeze, views: freeze === 'none' ? 1 : 2 })
  })

  test('goes on in the same bits', async () => {
    const straight = await finetune(seven, threeShapes, { ...short, freeze })
    const begun = await createFinetuning(seven, threeShapes, { ...short, freeze })
    for await (const _ of begun.trainer.steps(3));
    const file = encodeCheckpoint(await begun.checkpoint())
    await begun.dispose()
    await using resumed = await resumeFinetuning(decodeCheckpoint(file, 'a file'), threeShapes)
    const { checkpoint, weightHash, history, plan } = await resumed.run()
    expect(weightHash).toBe(straight.weightHash)
    expect(Buffer.compare(encodeCheckpoint(checkpoint), encodeCheckpoint(straight.checkpoint))).toBe(0)
    expect(history.length).toBe(2)
    expect(plan.reason).toMatch(freeze === 'all' ? /^all of resnet8 is frozen/ : /resnet8/)
  })
})

test('what the answers say of each class', async () => {
  const { test: judged } = await finetune(seven, threeShapes, { views: 1 })
  expect(judged.answers.length).toBe(threeShapes.test.count)
  expect(judged.confusion.flat().reduce((a, b) => a + b)).toBe(threeShapes.test.count)
  judged.classes.forEach(({ name, count, recall, precision }, k) => {
    const own = judged.answers.filter(({ truth }) => truth === k)
    const taken = judged.answers.filter(({ answer }) => answer === k)
    const right = own.filter(({ answer }) => answer === k).length
    expect([name, count]).toEqual([threeShapes.classes[k], own.length])
    expect(recall).toBeCloseTo((100 * right) / own.length, 9)
    expect(precision).toBeCloseTo((100 * right) / taken.length, 9)
  })
  const wrong = judged.answers.filter(({ truth, answer }) => truth !== answer).length
  expect(judged.top1Error).toBeCloseTo((100 * wrong) / judged.answers.length, 9)
  for (const { probability } of judged.answers) expect(probability).toBeGreaterThan(1 / 3)
})

test('a held-out part, a part to validate on, and somebody who listens', async () => {
  const { train: whole } = threeShapes
  const { train: rest, test } = holdOut(whole, 18, 1)
  const val = holdOut(rest, 12, 2)
  const heard: string[] = []
  const { history } = await finetune(
    seven,
    { ...threeShapes, train: val.train, val: val.test, test },
    {
      ...short,
      onPlan: ({ views }, { build }) => heard.push(`${views} ${typeof build}`),
      onFeatures: (done, total) => done === total && heard.push(`${done}`),
      onEpoch: ({ epoch }) => void heard.push(`epoch ${epoch}`),
    },
  )
  expect(heard).toEqual(['2 string', `${2 * 60 + 12 + 18}`, 'epoch 1', 'epoch 2'])
  expect(history.at(-1)!.val).toBeDefined()
})

test('more pictures move the whole network, with a note of why', async () => {
  const { onPlan, plans } = watch()
  const many = {
    ...threeShapes,
    train: {
      ...threeShapes.train,
      count: 4000,
      labels: new Uint8Array(4000).map((_, i) => i % 3),
      pixels: { read: (i: number) => pictureBytes(threeShapes.train, i % 90) },
    },
  }
  await expect(finetune(seven, many, { onPlan })).rejects.toThrow('seen')
  expect(plans[0]).toMatchObject({ freeze: 'none', views: 1, recipe: { lr: 0.01, batchSize: 32 } })
  expect(plans[0]!.reason).toBe(
    'nothing is frozen, the whole of resnet8 learns (4,000 training pictures are enough for it)',
  )
  await expect(finetune(seven, many, { onPlan, freeze: 'stage2' })).rejects.toThrow('seen')
  expect(plans[1]!.reason).toBe('resnet8 is frozen up to stage2, stage3 and what follows learns (as asked)')
})

/** Stops before anything is computed. */
function watch() {
  const plans: Parameters<NonNullable<FinetuneOptions['onPlan']>>[0][] = []
  const onPlan: FinetuneOptions['onPlan'] = (plan) => {
    plans.push(plan)
    throw new Error('seen')
  }
  return { onPlan, plans }
}

describe('what makes no sense is refused', () => {
  const { classes, train: pictures, test: tests } = threeShapes
  const missing = { ...pictures, labels: pictures.labels.map((label) => Math.min(label, 1)) }
  test.each<[string, Parameters<typeof finetune>[1], FinetuneOptions, string]>([
    [
      'one class',
      { ...threeShapes, classes: ['cat'] },
      {},
      'builtin: has one class only, cat; expected at least two to tell apart',
    ],
    ['no class', { ...threeShapes, classes: [] }, {}, 'builtin: has no classes; expected at least two'],
    [
      'a class without pictures',
      { ...threeShapes, train: missing },
      {},
      `builtin: has no training picture of ${classes[2]}; add some, or leave the class out`,
    ],
    [
      'nothing to test on',
      { ...threeShapes, test: { ...tests, count: 0 } },
      {},
      'builtin: has no test pictures; hold some out with holdOut()',
    ],
    [
      'another size',
      { ...threeShapes, train: { ...pictures, window: { height: 8, width: 8 } } },
      {},
      'builtin: has pictures of 3x8x8, resnet8 reads 3x16x16; load the data in this size',
    ],
    ['views', threeShapes, { views: 0 }, 'views: expected a whole number from 1 to 1000, got 0'],
    [
      'too little memory',
      threeShapes,
      { freeze: 'stem', featureMemory: 2 ** 20 },
      'freeze: the features of 90 pictures in 1 view take 0.00366 GiB, and 0.000977 GiB is granted; use freeze all or none, or grant more',
    ],
    [
      'memory without meaning',
      threeShapes,
      { freeze: 'all', featureMemory: -1 },
      'featureMemory: expected a number of bytes of at least 0, got -1',
    ],
    [
      'too many views for it',
      threeShapes,
      { freeze: 'all', views: 900, featureMemory: 2 ** 20 },
      'use fewer views, freeze all or none, or grant more',
    ],
  ])('%s', async (_, data, options, message) => {
    await expect(finetune(seven, data, options)).rejects.toThrow(message)
  })

  test('going on with what was no fine-tuning, or with other classes', async () => {
    await expect(resumeFinetuning(seven, threeShapes)).rejects.toThrow(
      new ConfigError(
        'resnet8: this checkpoint comes from no fine-tuning; begin one with it, or go on with resumeTrainer()',
      ),
    )
    const { checkpoint } = await finetune(seven, threeShapes, short)
    await expect(resumeFinetuning(checkpoint, { ...threeShapes, classes: ['a', 'b', 'c'] })).rejects.toThrow(
      `builtin: has the classes a, b, c; this training began with ${classes.join(', ')}`,
    )
  })

  test('features have no bytes', async () => {
    const features = { count: 1, channels: 1, height: 1, width: 1, labels: Uint8Array.of(0), pixels: { views: [] } }
    expect(() => pictureBytes(features, 0)).toThrow('pictures: features are floats, and have no bytes to read')
  })
})
