/**
 * The measured speed of bfloat16 in training. It is not always faster: rounding and packing the operands takes time,
 * and in float32 Winograd's algorithm needs only a quarter of the products.
 */
import type { Engine } from '../../engine/engine.js'
import { type Bf16Unit, precisions } from '../../ops/precision.js'
import type { NetworkSpec } from '../../spec/spec.js'
import type { Recipe } from '../../tasks/recipe.js'
import { expectFields, object, oneOf, optional, text, whole } from '../../util/expect.js'

/**
 * One measurement: pictures per second in bf16 divided by those in float32, measured in turns on one machine with two
 * threads.
 */
interface Gain {
  readonly net: string
  /** Side of its pictures in pixels. */
  readonly size: number
  readonly ratio: number
}

/**
 * Measurements by the unit that the build native-avx512 multiplies with; other builds have none. docs/training.md names
 * the machines.
 */
export const bf16Gains: Readonly<Record<Bf16Unit, readonly Gain[]>> = {
  tiles: [
    { net: 'resnet20', size: 32, ratio: 0.95 },
    { net: 'resnet56', size: 32, ratio: 0.9 },
    { net: 'resnet18', size: 224, ratio: 1 },
  ],
  vectors: [
    { net: 'resnet20', size: 32, ratio: 1.04 },
    { net: 'preresnet164', size: 32, ratio: 1.14 },
    { net: 'resnet18', size: 224, ratio: 1.22 },
    { net: 'resnet50', size: 224, ratio: 1.26 },
  ],
}

const units = Object.keys(bf16Gains) as readonly Bf16Unit[]
const names: Readonly<Record<Bf16Unit, string>> = { tiles: 'the tile unit (AMX)', vectors: 'vectors (vdpbf16ps)' }

/**
 * Advice before a training whose bf16 is no faster, or was never measured; undefined otherwise.
 * @throws ConfigError for anything but a spec, a recipe and an engine
 */
export function precisionAdvice(
  spec: Pick<NetworkSpec, 'name' | 'input'>,
  recipe: Pick<Recipe, 'precision'>,
  engine: Pick<Engine, 'build' | 'bf16'>,
): string | undefined {
  expectFields(spec, 'precisionAdvice: spec', 'a spec, such as preset("resnet20") gives', { name: text, input: object })
  const { name, input } = spec
  const size = { height: whole(1), width: whole(1) }
  expectFields(input, 'precisionAdvice: spec.input', '{ channels, height, width }', size)
  const wanted = { precision: oneOf(precisions) }
  expectFields(recipe, 'precisionAdvice: recipe', 'a recipe, such as completeRecipe({}) gives', wanted)
  const what = 'an engine, such as openEngine() opens'
  expectFields(engine, 'precisionAdvice: engine', what, { build: text, bf16: optional(oneOf(units)) })
  if (recipe.precision !== 'bf16') return undefined
  const unit = engine.bf16
  if (!unit) return `precision bf16 is no faster on ${engine.build}: it has no bf16 unit and only rounds`
  const gains = bf16Gains[unit]
  const own = gains.find(({ net, size }) => net === name && size === input.height && size === input.width)
  if (own && own.ratio > 1) return undefined
  if (own)
    return (
      `precision bf16 is no faster here: on ${names[unit]} ${name} trains ` +
      `${own.ratio === 1 ? 'as fast as' : `${own.ratio.toFixed(2)} times as fast as`} in float32, as measured; use float32`
    )
  const known = gains.map(({ net, size, ratio }) => `${net} at ${size} pixels ${ratio.toFixed(2)}`)
  return (
    `precision bf16 may be no faster here: on ${names[unit]} ${name} at ${input.height} pixels was not measured; ` +
    `for other nets its speed relative to float32 is ${known.join(', ')}`
  )
}
