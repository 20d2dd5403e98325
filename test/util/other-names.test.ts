/** Words of other libraries, answered with the words of this one. */
import { describe, expect, test } from 'vitest'
import { builtin } from '../../src/data/builtin/builtin.js'
import { train, untrained } from '../../src/internal.js'
import { cifarBasic } from '../../src/spec/checked.js'
import { preset } from '../../src/spec/presets.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import { defaultRecipe, type Recipe } from '../../src/tasks/recipe.js'
import { nameHere, valueHere } from '../../src/util/other-names.js'

const recipe = (fields: object) => () => completeRecipe(fields as Partial<Recipe>)

test.each([
  ['learningRate', 'lr'],
  ['learning_rate', 'lr'],
  ['batch_size', 'batchSize'],
  ['num_epochs', 'epochs'],
  ['weight_decay', 'weightDecay'],
  ['gradient_checkpointing', 'recompute'],
  ['validation_split', 'splitDataset(data, part), which splits the data beforehand'],
])('a recipe with %s is answered with %s', (field, own) => {
  expect(recipe({ [field]: 1 })).toThrow(`recipe.${field}: unknown; the name here is ${own}`)
})

test('no name of a recipe is taken for a name of another library', () => {
  for (const name of Object.keys({ ...defaultRecipe, steps: 1 })) expect(nameHere(name)).toBeUndefined()
})

test('a name that nobody has stays unknown', () => {
  expect(nameHere('colour')).toBeUndefined()
  expect(recipe({ colour: 1 })).toThrow('recipe.colour: unknown field; the fields are ')
})

test('values of other libraries', () => {
  expect(recipe({ schedule: 'CosineAnnealingLR' })).toThrow('got "CosineAnnealingLR", which is called cosine here')
  expect(valueHere('MSELoss', ['squared', 'l1'])).toBe('squared')
  expect(valueHere('mse', ['cross-entropy'])).toBeUndefined()
  expect(valueHere(3, ['squared'])).toBeUndefined()
})

describe('elsewhere', () => {
  test('options of a training', async () => {
    const options = { gradientCheckpointing: true }
    await expect(train(preset('resnet8'), builtin({ train: 4, test: 4 }), {}, options as object)).rejects.toThrow(
      'options.gradientCheckpointing: unknown; the name here is recompute',
    )
  })

  test('the number of classes', () => {
    expect(preset('resnet20', { numClasses: 3 })).toEqual(preset('resnet20', { classes: 3 }))
    expect(() => preset('vdsr20', { numClasses: 3 })).toThrow('preset: vdsr20 has no numClasses; leave it out')
    expect(() => cifarBasic({ depth: 8, num_classes: 3 } as never)).toThrow(
      'cifarBasic: options.num_classes: unknown; the name here is classes',
    )
    expect(untrained(preset('resnet8', { numClasses: 3 })).numClasses).toBe(3)
  })
})
