/** Networks that enlarge and pictures for them, so small that the reference engine trains them in a second. */
import type { Plane } from '../../../src/data/bicubic.js'
import { edsr, vdsr } from '../../../src/spec/upscaling.js'
import { completeRecipe } from '../../../src/tasks/complete-recipe.js'
import type { RecipeOptions } from '../../../src/tasks/recipe.js'
import { luminanceNormalisation, type UpscalingData } from '../../../src/tasks/upscale/data.js'

/** Bright discs on dark ground. */
function disc(size: number, radius: number, at: number): Plane<Uint8Array> {
  const values = Uint8Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [(i % size) - at, Math.floor(i / size) - size / 2]
    return x * x + y * y < radius * radius ? 210 : 40 + (i % size)
  })
  return { height: size, width: size, values }
}

export function tinyPairs(scales: readonly number[] = [2]): UpscalingData {
  return {
    name: 'discs',
    scales,
    train: [disc(28, 9, 12), disc(30, 5, 18), disc(24, 7, 10), disc(26, 8, 13)],
    test: [disc(27, 7, 14), disc(24, 6, 9)],
    normalisation: luminanceNormalisation,
  }
}

export const tinyVdsr = vdsr({ name: 'tiny-vdsr', depth: 3, width: 6, input: { channels: 1, height: 8, width: 8 } })
export const tinyEdsr = edsr({ name: 'tiny-edsr', blocks: 1, width: 6, input: { channels: 1, height: 6, width: 6 } })

/** With three steps an epoch of the former net: three epochs. */
export function tinyUpscalingRecipe(options: RecipeOptions = {}) {
  return completeRecipe({ batchSize: 8, epochs: 3, lr: 0.01, seed: 3, ...options }, 'upscale')
}
