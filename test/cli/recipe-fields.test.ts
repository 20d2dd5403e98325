/** Every field of a recipe can be set from the command line. */
import { expect, test } from 'vitest'
import { trainCommand } from '../../src/cli/commands/train.js'
import { recipeOf } from '../../src/cli/flags/recipe.js'
import { commandTasks } from '../../src/cli/tasks/index.js'
import { defaultRecipe } from '../../src/internal.js'
import { resnet } from './run.js'

const fields = [...Object.keys(defaultRecipe), 'steps'].filter((field) => field !== 'augmentation')

test('each has a flag of train, and the augmentation has two', () => {
  const flags = trainCommand(commandTasks).options.map((option) => option.attributeName())
  expect([...fields, 'augment', 'jitter'].filter((field) => !flags.includes(field))).toEqual([])
})

test.each(fields)('the flag for %s sets that field', (field) => {
  expect(recipeOf({ [field]: 'given' })).toMatchObject({ [field]: 'given' })
})

test.each([
  ['resnet20', 'l1', 'resnet: --loss: a network that classifies has cross-entropy, got "l1"\n'],
  [
    'edsr_baseline',
    'cross-entropy',
    'resnet: --loss: a network that upscales pictures has squared or l1, got "cross-entropy"\n',
  ],
])('--arch %s has no loss %s', async (arch, loss, err) => {
  expect(await resnet(['train', '--arch', arch, '--loss', loss, '--limit-train', '4'])).toEqual({
    code: 2,
    out: '',
    err,
  })
})
