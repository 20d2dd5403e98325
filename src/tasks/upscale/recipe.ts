/** The recipe rules of upscaling networks: the defaults, and the fields that would have no effect. */
import { regressionLosses } from '../../model/layers.js'
import { ConfigError } from '../../util/errors.js'
import { defaultRecipe, number, type Recipe, type RecipeRules } from '../recipe.js'

/** The default recipe of an upscaling network. */
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
  does: 'upscales pictures',
  check: ({ labelSmoothing, warmupUntil, augmentation }) => {
    const { pad, resizedCrop, jitter } = augmentation
    const foreign = { labelSmoothing, warmupUntil, 'augmentation.pad': pad }
    for (const [field, value] of Object.entries(foreign))
      number(field, value, 'of 0 for a network that upscales pictures', (given) => given === 0)
    if (resizedCrop ?? jitter)
      throw new ConfigError(
        'recipe.augmentation: patches are mirrored and turned only; leave resizedCrop and jitter out',
      )
  },
}
