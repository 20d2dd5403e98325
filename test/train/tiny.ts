/** A data set and a network so small that even the reference engine trains them at once. */
import { cifarBasic } from '../../src/spec/families.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import type { RecipeOptions } from '../../src/tasks/recipe.js'
import { Random } from '../../src/util/random.js'

const SIZE = 8

/** Pictures of class 0 are brighter in their upper half, those of class 1 in their lower half. */
function pictures(count: number, part: number) {
  const random = new Random(11, part)
  const plane = SIZE * SIZE
  const pixels = new Uint8Array(count * 3 * plane)
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 2)
  for (let i = 0; i < pixels.length; i++) {
    const upper = i % plane < plane / 2
    const bright = upper === (labels[Math.floor(i / (3 * plane))] === 0)
    pixels[i] = random.below(100) + (bright ? 100 : 20)
  }
  return { count, channels: 3, height: SIZE, width: SIZE, pixels, labels }
}

export function tinyData(train = 26, test = 9) {
  return {
    name: 'tiny',
    classes: ['up', 'down'],
    train: pictures(train, 0),
    test: pictures(test, 1),
    normalisation: { mean: [0.4, 0.4, 0.4], std: [0.25, 0.25, 0.25] },
  }
}

export const tinySpec = cifarBasic({
  name: 'tiny8',
  depth: 8,
  widths: [4, 6, 8],
  classes: 2,
  input: { channels: 3, height: SIZE, width: SIZE },
})

/** Three steps an epoch, three epochs. */
export function tinyRecipe(options: RecipeOptions = {}) {
  return completeRecipe({
    batchSize: 8,
    epochs: 3,
    lr: 0.05,
    seed: 3,
    augmentation: { pad: 1, flip: true },
    ...options,
  })
}
