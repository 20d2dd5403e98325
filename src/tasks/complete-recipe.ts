/** Completes a recipe for a task, by the task's name or by its rules. */
import { type TaskName, taskNames } from '../spec/heads/index.js'
import { expectKind, oneOf } from '../util/expect.js'
import { recipe as classify } from './classify/recipe.js'
import { completed, type Recipe, type RecipeOptions, type RecipeRules } from './recipe.js'
import { recipe as upscale } from './upscale/recipe.js'

const rulesOf: { readonly [T in TaskName]: RecipeRules } = { classify, upscale }

/**
 * Fills in the defaults (10 epochs where neither epochs nor steps are given) and checks all values.
 * @param task the task of the network; defaults and legal values depend on it
 * @throws ConfigError naming the first invalid field
 */
export function completeRecipe(options: RecipeOptions, task: TaskName = 'classify'): Recipe {
  expectKind(task, 'completeRecipe: task', oneOf(taskNames))
  return completed(options, rulesOf[task])
}
