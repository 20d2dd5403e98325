/** Recipes of networks that give pictures: their defaults, and the fields that would do nothing. */
import { regressionLosses } from '../../model/layers.js'
import { ConfigError } from '../../util/errors.js'
import { defaultRecipe, number, type Recipe, type RecipeRules } from '../recipe.js'

/** The recipe of a network that gives pictures, where nothing is said. */
export const defaultUpscalingRecipe = {
  ...defaultRecipe,
  batchSize: 16,
  lr: 0.001,
  optimizer: 'adam',
  momentum: 0,
  weightDecay: 0,
  loss: 'squared',
  zeroInitResidual: true,
  augmentation: { pad: 0, flip: true },
} as const satisfies Recipe

export const recipe: RecipeRules = {
  defaults: defaultUpscalingRecipe,
  losses: regressionLosses,
  does: 'gives pictures',
  check: ({ labelSmoothing, warmupUntil, augmentation }) => {
    const { pad, resizedCrop, jitter } = augmentation
    const foreign = { labelSmoothing, warmupUntil, 'augmentation.pad': pad }
    for (const [field, value] of Object.entries(foreign))
      number(field, value, 'of 0 for a network that gives pictures', (given) => given === 0)
    if (resizedCrop ?? jitter)
      throw new ConfigError(
        'recipe.augmentation: patches are mirrored and turned only; leave resizedCrop and jitter out',
      )
  },
}
