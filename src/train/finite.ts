/** Where a training lost its numbers: the first place that holds NaN or an infinity. */
import type { NamedWeights } from './weights.js'

export function allFinite(values: Float32Array): boolean {
  let zero = 0
  for (let i = 0; i < values.length; i++) zero += values[i]! * 0 // 0 of a number, NaN of all else
  return zero === 0
}

/** The first tensor that is not finite throughout, with the first such value of it. */
export function firstNotFinite(
  tensors: ReadonlyMap<string, NamedWeights>,
): { readonly name: string; readonly value: number } | undefined {
  for (const [name, { data }] of tensors)
    if (!allFinite(data)) return { name, value: data.find((value) => !Number.isFinite(value))! }
  return undefined
}

/** What is left of the forward pass of a step whose loss is no number; its weights are lost with the update. */
export interface Remains {
  readonly pictures: Float32Array
  /** Running statistics in the order of the forward pass: each took in a share of the step's batch statistics. */
  readonly statistics: ReadonlyMap<string, NamedWeights>
  readonly logits: Float32Array
}

/** The first layer whose values were no longer numbers, in words. */
export function whereLost({ pictures, statistics, logits }: Remains): string {
  if (!allFinite(pictures))
    return 'the pictures were no numbers when they came in: check the mean and std of the data set'
  const found = firstNotFinite(statistics)
  if (found) {
    const [, layer, statistic] = /^(.*)\.(\w+)$/.exec(found.name)!
    return `the first layer to see it was ${layer}, where the ${statistic} of the batch became ${found.value}`
  }
  if (!allFinite(logits))
    return 'the first layer to see it was head.classifier: no norm before it met a value that was no number'
  return 'all layers still gave numbers: it is the cross-entropy that overflowed'
}
