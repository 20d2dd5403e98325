/** Batch norm, its gradients and running statistics to kernel calls. */
import type { Node, Value } from '../../../graph/graph.js'
import type { NormAttributes } from '../../../ops/batch-norm.js'
import type { NormaliseAttributes } from '../../../ops/fused.js'
import { type Context, type Lowering, mapOf, NONE, padded } from './lowering.js'

/** Statistics, or sums of the backward pass, of each image: two vectors. */
const perImage = (x: Value) => {
  const { n, c } = mapOf(x)
  return n * 2 * padded(c)
}

/** Merges the statistics of `bands` bands an image and normalises. */
function emitNormalise(
  statistics: number,
  bands: number,
  { inputs, outputs }: Node,
  [scale, shift, residual]: readonly [Value, Value, (Value | undefined)?],
  { epsilon, relu }: NormaliseAttributes,
  { tape, at }: Context,
): void {
  const x = inputs[0]!
  const [y, mean, variance] = outputs.map(at) as [number, number, number]
  const { n, c, size } = mapOf(x)
  const [, , oh, ow] = x.type.shape as [number, number, number, number]
  tape.push('batch_norm_merge', { statistics, mean, variance, c, n, bands, oh, ow })
  tape.push('normalise', {
    x: at(x),
    y,
    scale: at(scale),
    shift: at(shift),
    mean,
    variance,
    residual: residual ? at(residual) : NONE,
    relu: Number(relu),
    epsilon,
    n,
    c,
    size,
  })
}

export const batchNorm: Lowering<NormAttributes> = {
  workspace: ({ inputs: [x] }) => perImage(x!),
  emit(node, { epsilon }, context) {
    const [x, scale, shift] = node.inputs as [Value, Value, Value]
    context.tape.push('batch_norm_statistics', { x: context.at(x), statistics: context.workspace, ...mapOf(x) })
    emitNormalise(context.workspace, 1, node, [scale, shift], { epsilon, relu: false }, context)
  },
}

export const imageStatistics: Lowering<Record<never, never>> = {
  emit({ inputs: [x], outputs: [statistics] }, _, { tape, at }) {
    tape.push('batch_norm_statistics', { x: at(x!), statistics: at(statistics!), ...mapOf(x!) })
  },
}

export const normalise: Lowering<NormaliseAttributes> = {
  emit(node, attributes, context) {
    const [x, statistics, scale, shift, residual] = node.inputs as [Value, Value, Value, Value, Value?]
    const bands = statistics.type.shape[0]! / x.type.shape[0]!
    emitNormalise(context.at(statistics), bands, node, [scale, shift, residual], attributes, context)
  },
}

export const batchNormInference: Lowering<NormAttributes> = {
  emit({ inputs, outputs }, { epsilon }, { tape, at }) {
    const [x, scale, shift, mean, variance] = inputs.map(at) as [number, number, number, number, number]
    tape.push('normalise', {
      x,
      y: at(outputs[0]!),
      scale,
      shift,
      mean,
      variance,
      residual: NONE,
      relu: 0,
      epsilon,
      ...mapOf(inputs[0]!),
    })
  },
}

/** The backward pass over a norm, and over the ReLU after it where `y`, the ReLU's output, is given. */
interface Backward {
  readonly dy: Value
  readonly y?: Value
  readonly x: Value
  readonly scale: Value
  readonly mean: Value
  readonly variance: Value
  readonly training: boolean
}

function emitGradient(
  { dy, y, x, training, ...vectors }: Backward,
  [dx, dscale, dshift, dz]: readonly Value[],
  { epsilon }: NormAttributes,
  { tape, at, workspace: sums }: Context,
): void {
  const { n, c, size } = mapOf(x)
  const [scale, mean, variance] = [at(vectors.scale), at(vectors.mean), at(vectors.variance)]
  const mask = y ? at(y) : NONE
  const sumsOf = { dscale: at(dscale!), dshift: at(dshift!) }
  const masked = dz ? at(dz) : NONE
  tape.push('batch_norm_reduce', { dy: at(dy), x: at(x), mask, masked, mean, sums, n, c, size })
  tape.push('batch_norm_merge_gradient', { sums, variance, ...sumsOf, epsilon, n, c })
  tape.push('batch_norm_gradient', {
    ...(dz ? { dy: masked, mask: NONE } : { dy: at(dy), mask }),
    x: at(x),
    dx: at(dx!),
    scale,
    mean,
    variance,
    ...sumsOf,
    epsilon,
    training: Number(training),
    n,
    c,
    size,
  })
}

function gradient(training: boolean): Lowering<NormAttributes> {
  return {
    workspace: ({ inputs: [, x] }) => perImage(x!),
    emit({ inputs, outputs }, attributes, context) {
      const [dy, x, scale, mean, variance] = inputs as [Value, Value, Value, Value, Value]
      emitGradient({ dy, x, scale, mean, variance, training }, outputs, attributes, context)
    },
  }
}
export const batchNormGradient = gradient(true)
export const batchNormInferenceGradient = gradient(false)

export const normaliseGradient: Lowering<NormAttributes & { readonly keep: boolean }> = {
  workspace: ({ inputs: [, , x] }) => perImage(x!),
  emit({ inputs, outputs }, attributes, context) {
    const [dy, y, x, scale, mean, variance] = inputs as [Value, Value, Value, Value, Value, Value]
    emitGradient({ dy, y, x, scale, mean, variance, training: true }, outputs, attributes, context)
  },
}

export const runningAverage: Lowering<{ readonly momentum: number; readonly correction: number }> = {
  emit({ inputs, outputs }, attributes, { tape, at, size }) {
    const [running, batch] = inputs.map(at) as [number, number]
    const next = outputs[0]!
    tape.push('running_average', { running, batch, next: at(next), ...attributes, count: size(next) })
  },
}
