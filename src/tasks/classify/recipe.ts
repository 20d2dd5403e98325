/** Recipes of networks that tell classes apart: all fields have a meaning. */
import { defaultRecipe, type RecipeRules } from '../recipe.js'

export const recipe: RecipeRules = {
  defaults: defaultRecipe,
  losses: ['cross-entropy'],
  does: 'tells classes apart',
  check: () => {},
}
