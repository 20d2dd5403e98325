/** Recipes: defaults, and what is said of values that make no sense. */
import { describe, expect, test } from 'vitest'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import { defaultRecipe, type RecipeOptions } from '../../src/tasks/recipe.js'
import { stepPlanOf } from '../../src/train/schedule/step-plan.js'

test('what is left out gets its default', () => {
  expect(completeRecipe({})).toEqual(defaultRecipe)
  expect(completeRecipe({ lr: 0.3, seed: undefined })).toEqual({ ...defaultRecipe, lr: 0.3 })
})

test('Adam has a rate of its own and no momentum', () => {
  for (const optimizer of ['adam', 'adamw'] as const)
    expect(completeRecipe({ optimizer })).toEqual({ ...defaultRecipe, optimizer, lr: 0.001, momentum: 0 })
  expect(completeRecipe({ optimizer: 'adam', lr: 0.02 }).lr).toBe(0.02)
})

test('a warm-up by error is at a tenth of the rate unless another is given', () => {
  expect(completeRecipe({ warmupUntil: 80, lr: 0.5 }).warmupLr).toBe(0.05)
  expect(completeRecipe({ warmupUntil: 80, warmupLr: 0.01 }).warmupLr).toBe(0.01)
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
    [{ precision: 'fp16' }, 'recipe.precision: expected one of float32, bf16; got "fp16"'],
    [{ accumulate: 0 }, 'recipe.accumulate: expected a whole number of at least 1, got 0'],
    [{ optimizer: 'rmsprop' }, 'recipe.optimizer: expected one of sgd, adam, adamw; got "rmsprop"'],
    [
      { optimizer: 'adam', momentum: 0.9 },
      'recipe.momentum: only sgd has it, the optimizer is adam, which has betas; leave it out',
    ],
    [
      { optimizer: 'adamw', nesterov: true },
      'recipe.nesterov: only sgd has it, the optimizer is adamw, which has betas; leave it out',
    ],
    [{ betas: [0.9] }, 'recipe.betas: expected two numbers, for example 0.9, 0.999; got [0.9]'],
    [{ betas: [0.9, 1] }, 'recipe.betas[1]: expected a number in [0, 1), got 1'],
    [{ epsilon: 0 }, 'recipe.epsilon: expected a number above 0, got 0'],
    [{ warmupUntil: 100 }, 'recipe.warmupUntil: expected a number of percent in [0, 100), got 100'],
    [{ warmupLr: 0.01 }, 'recipe.warmupLr: expected a number of 0, as there is no warmupUntil, got 0.01'],
    [{ warmupUntil: 80, warmupLr: 0.2 }, 'recipe.warmupLr: expected a number above 0 and below lr 0.1, got 0.2'],
    [
      { warmupUntil: 80, warmupEpochs: 1 },
      'recipe: warmupEpochs 1 and warmupUntil 80 are both set; leave one of them out',
    ],
    [
      { warmupUntil: 80, schedule: 'one-cycle' },
      'recipe.warmupUntil: the schedule one-cycle has a warm-up of its own; leave it out',
    ],
    [{ clipNorm: -1 }, 'recipe.clipNorm: expected a number of at least 0, got -1'],
    [{ clipRate: -1 }, 'recipe.clipRate: expected a number of at least 0, got -1'],
    [{ clipNorm: 1, clipRate: 2 }, 'recipe: clipNorm 1 and clipRate 2 are both set; leave one of them out'],
    [{ dropPath: 1 }, 'recipe.dropPath: expected a number in [0, 1), got 1'],
    [{ dropPathRule: 'square' }, 'recipe.dropPathRule: expected one of linear, uniform; got "square"'],
    [{ dropPathBy: 'pixel' }, 'recipe.dropPathBy: expected one of row, batch; got "pixel"'],
    [{ zeroInitResidual: 1 }, 'recipe.zeroInitResidual: expected true or false, got 1'],
    [{ preciseBn: 0.5 }, 'recipe.preciseBn: expected a whole number of at least 0, got 0.5'],
    [{ augmentation: null }, 'recipe.augmentation: expected { pad, flip }, got null'],
    [
      { augmentation: { pad: -4, flip: true } },
      'recipe.augmentation.pad: expected a whole number of at least 0, got -4',
    ],
    [{ augmentation: { pad: 4 } }, 'recipe.augmentation.flip: expected true or false, got undefined'],
    [{ seed: 0.5 }, 'recipe.seed: expected a whole number of at least 0, got 0.5'],
    [{ batchsize: 3 }, 'recipe.batchsize: unknown; the name here is batchSize'],
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
    expect(stepPlanOf(recipe, 39)).toEqual({
      stepsPerEpoch: 4,
      totalSteps: 12,
      epochs: 3,
      schedule: { kind: 'step', lr: 0.1, totalSteps: 12, warmupSteps: 2, milestones: [4, 10], gamma: 0.1 },
    })
  })

  test('counts begun epochs where it is given in steps', () => {
    expect(stepPlanOf(completeRecipe({ batchSize: 8, steps: 9 }), 32)).toMatchObject({ totalSteps: 9, epochs: 3 })
  })

  test.each<[RecipeOptions, string]>([
    [
      { batchSize: 64 },
      'recipe.batchSize: a batch of 64 is larger than the training set of 32 pictures, so there would be no step at all; use a smaller batch',
    ],
    [
      { batchSize: 8, epochs: 2, warmupEpochs: 2 },
      'recipe.warmupEpochs: a warm-up of 8 steps never ends in a training of 8 steps, so the rate would never reach 0.1; make it shorter',
    ],
    [
      { batchSize: 8, epochs: 2, schedule: 'step', milestones: [1, 2] },
      'recipe.milestones: epoch 2 is step 8, at or after the end of a training of 8 steps, so the rate would not fall there; leave it out, or train for longer',
    ],
  ])('%j is refused', (options, message) => {
    expect(() => stepPlanOf(completeRecipe(options), 32)).toThrow(message)
  })
})
