/** Recipes: defaults, and what is said of values that make no sense. */
import { describe, expect, test } from 'vitest'
import { completeRecipe, course, defaultRecipe, type RecipeOptions } from '../../src/train/recipe.js'

test('what is left out gets its default', () => {
  expect(completeRecipe({})).toEqual(defaultRecipe)
  expect(completeRecipe({ lr: 0.3, seed: undefined })).toEqual({ ...defaultRecipe, lr: 0.3 })
})

test('steps take the place of epochs', () => {
  const recipe = completeRecipe({ steps: 7 })
  expect(recipe.steps).toBe(7)
  expect('epochs' in recipe).toBe(false)
})

test('a recipe survives JSON', () => {
  const recipe = completeRecipe({ steps: 9, schedule: 'step', milestones: [0.5, 2], lr: 0.1 + 0.2 })
  expect(completeRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe)
})

describe('the errors', () => {
  test.each<[RecipeOptions | Record<string, unknown>, string]>([
    [{ batchSize: 0 }, 'recipe.batchSize: expected a whole number of at least 1, got 0'],
    [{ batchSize: 2.5 }, 'recipe.batchSize: expected a whole number of at least 1, got 2.5'],
    [{ epochs: 0 }, 'recipe.epochs: expected a whole number of at least 1, got 0'],
    [{ steps: -1 }, 'recipe.steps: expected a whole number of at least 1, got -1'],
    [{ epochs: 2, steps: 3 }, 'recipe: epochs 2 and steps 3 are both set; leave one of them out'],
    [{ lr: 0 }, 'recipe.lr: expected a number above 0, got 0'],
    [{ lr: Number.NaN }, 'recipe.lr: expected a number above 0, got NaN'],
    [{ lr: '0.1' }, 'recipe.lr: expected a number above 0, got "0.1"'],
    [{ momentum: 1 }, 'recipe.momentum: expected a number in [0, 1), got 1'],
    [{ nesterov: 1 }, 'recipe.nesterov: expected true or false, got 1'],
    [{ nesterov: true, momentum: 0 }, 'recipe.nesterov: Nesterov momentum needs a momentum above 0, got momentum 0'],
    [{ weightDecay: -1 }, 'recipe.weightDecay: expected a number of at least 0, got -1'],
    [{ decayOn: 'biases' }, 'recipe.decayOn: expected one of all, weights; got "biases"'],
    [{ schedule: 'linear' }, 'recipe.schedule: expected one of constant, step, cosine, one-cycle; got "linear"'],
    [{ schedule: 'step', milestones: 82 }, 'recipe.milestones: expected a list, got 82'],
    [{ schedule: 'step', milestones: [-1] }, 'recipe.milestones[0]: expected a number above 0, got -1'],
    [{ schedule: 'step', milestones: [5, 5] }, 'recipe.milestones: expected rising epochs, got 5, 5'],
    [{ schedule: 'step' }, 'recipe.milestones: the schedule step needs at least one, for example 82, 123'],
    [{ milestones: [1] }, 'recipe.milestones: only the schedule step has milestones, this one is cosine'],
    [{ gamma: 0 }, 'recipe.gamma: expected a number in (0, 1], got 0'],
    [{ warmupEpochs: -1 }, 'recipe.warmupEpochs: expected a number of at least 0, got -1'],
    [
      { schedule: 'one-cycle', warmupEpochs: 1 },
      'recipe.warmupEpochs: the schedule one-cycle has a warm-up of its own; leave it at 0',
    ],
    [{ labelSmoothing: 1 }, 'recipe.labelSmoothing: expected a number in [0, 1), got 1'],
    [{ augmentation: null }, 'recipe.augmentation: expected { pad, flip }, got null'],
    [
      { augmentation: { pad: -4, flip: true } },
      'recipe.augmentation.pad: expected a whole number of at least 0, got -4',
    ],
    [{ augmentation: { pad: 4 } }, 'recipe.augmentation.flip: expected true or false, got undefined'],
    [{ seed: 0.5 }, 'recipe.seed: expected a whole number of at least 0, got 0.5'],
    [
      { batchsize: 3 },
      'recipe.batchsize: unknown field; the fields are batchSize, epochs, lr, momentum, nesterov, weightDecay, decayOn, ' +
        'schedule, milestones, gamma, warmupEpochs, labelSmoothing, augmentation, seed, steps',
    ],
  ])('%j', (options, message) => {
    expect(() => completeRecipe(options as RecipeOptions)).toThrow(message)
  })
})

describe('a recipe applied to pictures', () => {
  test('leaves out the last short batch and counts milestones in steps', () => {
    const recipe = completeRecipe({
      batchSize: 8,
      epochs: 3,
      schedule: 'step',
      milestones: [1, 2.5],
      warmupEpochs: 0.5,
    })
    expect(course(recipe, 39)).toEqual({
      stepsPerEpoch: 4,
      totalSteps: 12,
      epochs: 3,
      schedule: { kind: 'step', lr: 0.1, totalSteps: 12, warmupSteps: 2, milestones: [4, 10], gamma: 0.1 },
    })
  })

  test('counts begun epochs where it is given in steps', () => {
    expect(course(completeRecipe({ batchSize: 8, steps: 9 }), 32)).toMatchObject({ totalSteps: 9, epochs: 3 })
  })

  test.each<[RecipeOptions, string]>([
    [
      { batchSize: 64 },
      'recipe.batchSize: a batch of 64 is larger than the training set of 32 pictures; use a smaller batch',
    ],
    [
      { batchSize: 8, epochs: 2, warmupEpochs: 2 },
      'recipe.warmupEpochs: a warm-up of 8 steps never ends in a training of 8 steps; make it shorter',
    ],
    [
      { batchSize: 8, epochs: 2, schedule: 'step', milestones: [1, 2] },
      'recipe.milestones: epoch 2 is step 8, at or after the end of a training of 8 steps',
    ],
  ])('%j is refused', (options, message) => {
    expect(() => course(completeRecipe(options), 32)).toThrow(message)
  })
})
