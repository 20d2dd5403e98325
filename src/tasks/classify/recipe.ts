/** The recipe rules of classifiers: all fields have an effect. */
import { defaultRecipe, type RecipeRules } from '../recipe.js'

export const recipe: RecipeRules = {
  defaults: defaultRecipe,
  losses: ['cross-entropy'],
  does: 'classifies',
  check: () => {},
}
