/** Lowers batch norm, its parts, its gradients and running statistics to kernel calls. */
import type { Value } from '../../../graph/graph.js'
import type { NormAttributes } from '../../../ops/batch-norm.js'
import type { NormaliseAttributes, StatisticsAttributes } from '../../../ops/fused-norm.js'
import { operandsOf } from '../../../ops/operands.js'
import { type Context, type Lowering, mapOf, NONE, padded } from './lowering.js'

/** Floats of statistics, or of sums of the backward pass: two vectors per image. */
const perImage = (x: Value) => {
  const { n, c } = mapOf(x)
  return n * 2 * padded(c)
}

type Vectors<Names extends string> = Readonly<Partial<Record<Names, Value | undefined>>>

/** Arguments of a norm with known statistics: its vectors, and the ReLU. Without vectors there is no norm. */
export function normArguments(
  { scale, shift, mean, variance }: Vectors<'scale' | 'shift' | 'mean' | 'variance'>,
  { epsilon = 0, relu = false }: { readonly epsilon?: number | undefined; readonly relu?: boolean | undefined },
  { given }: Context,
) {
  const vectors = { scale: given(scale), shift: given(shift), mean: given(mean), variance: given(variance) }
  return { ...vectors, epsilon, normalise_relu: Number(relu) }
}

/** Arguments of a reduction: the values that it reads besides the gradient. Without them there is no reduction. */
export function reductionArguments(
  { x, mean, y, scale, shift, variance }: Vectors<'x' | 'mean' | 'y' | 'scale' | 'shift' | 'variance'>,
  sums: Value | undefined,
  epsilon: number | undefined,
  { given }: Context,
) {
  return {
    normed: given(x),
    mask: given(y),
    sums: given(sums),
    norm_scale: given(scale),
    norm_shift: given(shift),
    norm_mean: given(mean),
    norm_variance: given(variance),
    norm_epsilon: epsilon ?? 0,
  }
}

export const batchNorm: Lowering<NormAttributes> = {
  workspace: ({ inputs: [x] }) => perImage(x!),
  emit({ inputs, outputs }, attributes, context) {
    const { tape, at, workspace: statistics } = context
    const [x, scale, shift] = inputs as [Value, Value, Value]
    const [y, mean, variance] = outputs as [Value, Value, Value]
    const { n, c, size } = mapOf(x)
    tape.push('image_statistics', { x: at(x), statistics, n, c, size })
    const merged = { mean: at(mean), variance: at(variance) }
    tape.push('merge_statistics', { statistics, ...merged, c, n, bands: 1, oh: 1, ow: size })
    const norm = normArguments({ scale, shift, mean, variance }, attributes, context)
    tape.push('normalise', { x: at(x), y: at(y), addend: NONE, relu: 0, ...norm, n, c, size })
  },
}

export const imageStatistics: Lowering<Record<never, never>> = {
  emit({ inputs: [x], outputs: [statistics] }, _, { tape, at }) {
    tape.push('image_statistics', { x: at(x!), statistics: at(statistics!), ...mapOf(x!) })
  },
}

export const mergeStatistics: Lowering<StatisticsAttributes> = {
  emit({ inputs: [statistics], outputs: [mean, variance] }, { rows, columns, bands }, { tape, at }) {
    const [parts, , c] = statistics!.type.shape as [number, number, number]
    const merged = { statistics: at(statistics!), mean: at(mean!), variance: at(variance!) }
    tape.push('merge_statistics', { ...merged, c, n: parts / bands, bands, oh: rows, ow: columns })
  },
}

/** Pushes a norm with known statistics, perhaps with an addend and a ReLU. */
function pushNormalise(
  { x, addend, ...vectors }: Vectors<'addend' | 'scale' | 'shift' | 'mean' | 'variance'> & { readonly x: Value },
  y: Value,
  { epsilon, relu }: NormaliseAttributes,
  context: Context,
): void {
  const { tape, at, given } = context
  tape.push('normalise', {
    x: at(x),
    y: at(y),
    addend: given(addend),
    relu: Number(relu),
    ...normArguments(vectors, { epsilon, relu: relu && !addend }, context),
    ...mapOf(x),
  })
}

export const normalise: Lowering<NormaliseAttributes> = {
  emit(node, attributes, context) {
    pushNormalise(operandsOf('normalise', node), node.outputs[0]!, attributes, context)
  },
}

export const batchNormInference: Lowering<NormAttributes> = {
  emit(node, { epsilon }, context) {
    const operands = operandsOf('batchNormInference', node)
    pushNormalise(operands, node.outputs[0]!, { epsilon, relu: false }, context)
  },
}

export const reduceNormGradient: Lowering<NormAttributes> = {
  emit(node, { epsilon }, context) {
    const { tape, at, given } = context
    const { dy, ...reduction } = operandsOf('reduceNormGradient', node)
    const [sums, dz] = node.outputs
    tape.push('reduce_norm_gradient', {
      dy: at(dy),
      dz: given(dz),
      ...reductionArguments(reduction, sums, epsilon, context),
      ...mapOf(dy),
    })
  },
}

export const mergeNormGradient: Lowering<NormAttributes> = {
  emit({ inputs: [sums, variance], outputs: [dscale, dshift] }, { epsilon }, { tape, at }) {
    const [parts, , c] = sums!.type.shape as [number, number, number]
    const merged = { dscale: at(dscale!), dshift: at(dshift!) }
    tape.push('merge_norm_gradient', { sums: at(sums!), variance: at(variance!), ...merged, epsilon, parts, c })
  },
}

/**
 * The second half of the backward pass over a norm: from dz and the sums of the first half to the gradient of its
 * input.
 */
function pushGradient(
  [dz, x, scale, mean, variance]: readonly number[],
  [dx, dscale, dshift]: readonly number[],
  settings: { readonly epsilon: number; readonly training: boolean; readonly addend?: number | undefined },
  map: ReturnType<typeof mapOf>,
  { tape }: Context,
): void {
  tape.push('apply_norm_gradient', {
    ...{ dz: dz!, x: x!, dx: dx!, scale: scale!, mean: mean!, variance: variance!, dscale: dscale!, dshift: dshift! },
    ...{ addend: settings.addend ?? NONE, epsilon: settings.epsilon, training: Number(settings.training) },
    ...map,
  })
}

export const applyNormGradient: Lowering<NormAttributes> = {
  emit(node, { epsilon }, context) {
    const { at, given } = context
    const { dz, x, scale, mean, variance, dscale, dshift, addend } = operandsOf('applyNormGradient', node)
    const settings = { epsilon, training: true, addend: given(addend) }
    const results = [node.outputs[0]!, dscale, dshift].map(at)
    pushGradient([dz, x, scale, mean, variance].map(at), results, settings, mapOf(dz), context)
  },
}

/**
 * The whole backward pass over a norm that no pass has split, with statistics of the batch (`training`) or frozen ones.
 */
function gradient(training: boolean): Lowering<NormAttributes> {
  return {
    workspace: ({ inputs: [, x] }) => perImage(x!),
    emit({ inputs, outputs }, { epsilon }, context) {
      const { tape, at, workspace: sums } = context
      const [dy, x, scale, mean, variance] = inputs.map(at) as [number, number, number, number, number]
      const [dx, dscale, dshift] = outputs.map(at) as [number, number, number]
      const map = mapOf(inputs[1]!)
      const reduction = reductionArguments({ x: inputs[1], mean: inputs[3] }, undefined, undefined, context)
      tape.push('reduce_norm_gradient', { dy, dz: NONE, ...reduction, sums, ...map })
      const { n: parts, c } = map
      tape.push('merge_norm_gradient', { sums, variance, dscale, dshift, epsilon, parts, c })
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
