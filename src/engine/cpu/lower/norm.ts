/** Batch norm, its parts, its gradients and running statistics to kernel calls. */
import type { Value } from '../../../graph/graph.js'
import type { NormAttributes } from '../../../ops/batch-norm.js'
import type { NormaliseAttributes, ReduceAttributes, StatisticsAttributes } from '../../../ops/fused-norm.js'
import { type Context, type Lowering, mapOf, NONE, padded } from './lowering.js'

/** Statistics, or sums of the backward pass, of each image: two vectors. */
const perImage = (x: Value) => {
  const { n, c } = mapOf(x)
  return n * 2 * padded(c)
}

/** The arguments of a norm with known statistics: its vectors, and ReLU where asked. */
export function normArguments(
  vectors: readonly Value[],
  { epsilon = 0, relu = false }: { readonly epsilon?: number; readonly relu?: boolean },
  { at }: Context,
) {
  const [scale, shift, mean, variance] = vectors.map(at)
  return {
    scale: scale ?? NONE,
    shift: shift ?? NONE,
    mean: mean ?? NONE,
    variance: variance ?? NONE,
    epsilon,
    normalise_relu: Number(relu),
  }
}

/** The arguments of a reduction, from the inputs after the gradient; without them there is none. */
export function reductionArguments(
  [x, mean, ...mask]: readonly Value[],
  sums: Value | undefined,
  attributes: Partial<ReduceAttributes>,
  { at }: Context,
) {
  const [scale, shift, variance] = attributes.mask === 'norm' ? mask.map(at) : []
  return {
    normed: x ? at(x) : NONE,
    mask: attributes.mask === 'output' ? at(mask[0]!) : NONE,
    sums: sums ? at(sums) : NONE,
    norm_scale: scale ?? NONE,
    norm_shift: shift ?? NONE,
    norm_mean: mean ? at(mean) : NONE,
    norm_variance: variance ?? NONE,
    norm_epsilon: attributes.epsilon ?? 0,
  }
}

export const batchNorm: Lowering<NormAttributes> = {
  workspace: ({ inputs: [x] }) => perImage(x!),
  emit({ inputs, outputs }, attributes, context) {
    const { tape, at, workspace: statistics } = context
    const [x, scale, shift] = inputs as [Value, Value, Value]
    const [y, mean, variance] = outputs as [Value, Value, Value]
    const { n, c, size } = mapOf(x)
    tape.push('batch_norm_statistics', { x: at(x), statistics, n, c, size })
    const merged = { mean: at(mean), variance: at(variance) }
    tape.push('batch_norm_merge', { statistics, ...merged, c, n, bands: 1, oh: 1, ow: size })
    const norm = normArguments([scale, shift, mean, variance], attributes, context)
    tape.push('normalise', { x: at(x), y: at(y), residual: NONE, relu: 0, ...norm, n, c, size })
  },
}

export const imageStatistics: Lowering<Record<never, never>> = {
  emit({ inputs: [x], outputs: [statistics] }, _, { tape, at }) {
    tape.push('batch_norm_statistics', { x: at(x!), statistics: at(statistics!), ...mapOf(x!) })
  },
}

export const mergeStatistics: Lowering<StatisticsAttributes> = {
  emit({ inputs: [statistics], outputs: [mean, variance] }, { rows, columns, bands }, { tape, at }) {
    const [parts, , c] = statistics!.type.shape as [number, number, number]
    const merged = { statistics: at(statistics!), mean: at(mean!), variance: at(variance!) }
    tape.push('batch_norm_merge', { ...merged, c, n: parts / bands, bands, oh: rows, ow: columns })
  },
}

export const normalise: Lowering<NormaliseAttributes> = {
  emit({ inputs, outputs: [y] }, { epsilon, relu }, context) {
    const { tape, at } = context
    const [x, scale, shift, mean, variance, residual] = inputs as [Value, Value, Value, Value, Value, Value?]
    tape.push('normalise', {
      x: at(x),
      y: at(y!),
      residual: residual ? at(residual) : NONE,
      relu: Number(relu),
      ...normArguments([scale, shift, mean, variance], { epsilon, relu: relu && !residual }, context),
      ...mapOf(x),
    })
  },
}

export const batchNormInference: Lowering<NormAttributes> = {
  emit(node, { epsilon }, context) {
    normalise.emit(node, { epsilon, relu: false }, context)
  },
}

export const reduceNormGradient: Lowering<ReduceAttributes> = {
  emit({ inputs: [dy, ...reduction], outputs: [sums, dz] }, attributes, context) {
    const { tape, at } = context
    tape.push('batch_norm_reduce', {
      dy: at(dy!),
      dz: dz ? at(dz) : NONE,
      ...reductionArguments(reduction, sums, attributes, context),
      ...mapOf(dy!),
    })
  },
}

export const mergeNormGradient: Lowering<NormAttributes> = {
  emit({ inputs: [sums, variance], outputs: [dscale, dshift] }, { epsilon }, { tape, at }) {
    const [parts, , c] = sums!.type.shape as [number, number, number]
    const merged = { dscale: at(dscale!), dshift: at(dshift!) }
    tape.push('batch_norm_merge_gradient', { sums: at(sums!), variance: at(variance!), ...merged, epsilon, parts, c })
  },
}

/** The second half of the backward pass over a norm: dz and what the first half found, to the gradient of its input. */
function pushGradient(
  [dz, x, scale, mean, variance]: readonly number[],
  [dx, dscale, dshift]: readonly number[],
  settings: { readonly epsilon: number; readonly training: boolean; readonly addend?: number | undefined },
  map: ReturnType<typeof mapOf>,
  { tape }: Context,
): void {
  tape.push('batch_norm_gradient', {
    ...{ dz: dz!, x: x!, dx: dx!, scale: scale!, mean: mean!, variance: variance!, dscale: dscale!, dshift: dshift! },
    ...{ addend: settings.addend ?? NONE, epsilon: settings.epsilon, training: Number(settings.training) },
    ...map,
  })
}

export const applyNormGradient: Lowering<NormAttributes> = {
  emit({ inputs, outputs: [dx] }, { epsilon }, context) {
    const [dz, x, scale, mean, variance, dscale, dshift, addend] = inputs.map(context.at) as number[]
    const settings = { epsilon, training: true, addend }
    const given = [dz!, x!, scale!, mean!, variance!]
    pushGradient(given, [context.at(dx!), dscale!, dshift!], settings, mapOf(inputs[0]!), context)
  },
}

/** The whole backward pass over a norm that no pass has cut; `training` or with frozen statistics. */
function gradient(training: boolean): Lowering<NormAttributes> {
  return {
    workspace: ({ inputs: [, x] }) => perImage(x!),
    emit({ inputs, outputs }, { epsilon }, context) {
      const { tape, at, workspace: sums } = context
      const [dy, x, scale, mean, variance] = inputs.map(at) as [number, number, number, number, number]
      const [dx, dscale, dshift] = outputs.map(at) as [number, number, number]
      const map = mapOf(inputs[1]!)
      const reduction = reductionArguments([inputs[1]!, inputs[3]!], undefined, { mask: 'none' }, context)
      tape.push('batch_norm_reduce', { dy, dz: NONE, ...reduction, sums, ...map })
      const { n: parts, c } = map
      tape.push('batch_norm_merge_gradient', { sums, variance, dscale, dshift, epsilon, parts, c })
      pushGradient([dy, x, scale, mean, variance], [dx, dscale, dshift], { epsilon, training }, map, context)
    },
  }
}
export const batchNormGradient = gradient(true)
export const batchNormInferenceGradient = gradient(false)

export const runningAverage: Lowering<{ readonly momentum: number; readonly correction: number }> = {
  emit({ inputs, outputs }, attributes, { tape, at, size }) {
    const [running, batch] = inputs.map(at) as [number, number]
    const next = outputs[0]!
    tape.push('running_average', { running, batch, next: at(next), ...attributes, count: size(next) })
  },
}
