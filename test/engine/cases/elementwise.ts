/** Operations on each element alone, the classifier and the loss. */
import { f32, i32, type TensorType } from '../../../src/graph/graph.js'
import type { Case } from '../case.js'
import { awayFromZero, labels, normal, singleOp, ties } from '../single-op.js'

const types: readonly TensorType[] = [f32(2, 3, 5, 7), f32(1, 16, 7, 7), f32(3, 33, 2, 1), f32(5, 7)]

const onEach = (type: TensorType): Case[] => [
  singleOp('add', {}, [
    { type, fill: normal() },
    { type, fill: normal() },
  ]),
  singleOp('relu', {}, [{ type, fill: normal() }]),
  singleOp('reluGradient', {}, [
    { type, fill: normal() },
    { type, fill: ties },
  ]),
]

const constant = (shape: readonly number[], value: number) => singleOp('fill', { shape, value }, [])

const update = (type: TensorType, momentum: number, weightDecay: number, nesterov: boolean, guard = 2) =>
  singleOp('sgd', { momentum, weightDecay, nesterov }, [
    { type, fill: normal(), role: 'parameter' },
    { type, fill: normal() },
    { type, fill: normal(), role: 'optimizer' },
    { type: f32(), fill: () => Float32Array.of(0.05), role: 'scalar' },
    { type: f32(), fill: () => Float32Array.of(guard) },
  ])

const fullyConnected = (n: number, i: number, o: number): Case[] => {
  const x = { type: f32(n, i), fill: normal() }
  const weight = { type: f32(o, i), fill: normal(), role: 'parameter' } as const
  const dy = { type: f32(n, o), fill: normal() }
  return [
    singleOp('linear', {}, [x, weight, { type: f32(o), fill: normal(), role: 'parameter' }]),
    singleOp('linearInputGradient', {}, [dy, weight]),
    singleOp('linearWeightGradient', {}, [x, dy]),
    // Far from zero, where sums do not cancel.
    singleOp('sumRows', {}, [{ type: f32(n, o), fill: normal(1) }]),
  ]
}

const crossEntropy = (n: number, k: number, smoothing: number, deviation = 2): Case[] => {
  const logits = { type: f32(n, k), fill: normal(0, deviation) }
  const classes = { type: i32(n), fill: labels(k) }
  return [
    singleOp('softmaxCrossEntropy', { smoothing }, [logits, classes]),
    singleOp('softmaxCrossEntropyGradient', { smoothing }, [{ type: f32(), fill: awayFromZero }, logits, classes]),
  ].map((one) => (deviation === 2 ? one : { ...one, title: `${one.title} logits up to some ${3 * deviation}` }))
}

export const elementwiseCases: readonly Case[] = [
  ...types.flatMap(onEach),
  constant([], 1),
  constant([19], -0.5),
  constant([2, 17, 3, 3], 0),
  update(f32(16), 0.9, 1e-4, false),
  update(f32(33), 0.9, 5e-4, true),
  update(f32(10, 64), 0, 0, false),
  update(f32(17, 5, 3, 3), 0.9, 1e-4, true),
  update(f32(17), 0.9, 1e-4, true, Number.NaN),
  ...fullyConnected(1, 1, 1),
  ...fullyConnected(8, 64, 10),
  ...fullyConnected(3, 5, 7),
  ...fullyConnected(17, 33, 100),
  ...fullyConnected(2, 512, 1000),
  ...fullyConnected(130, 64, 10),
  ...crossEntropy(1, 10, 0),
  ...crossEntropy(8, 10, 0.1),
  ...crossEntropy(5, 2, 0),
  ...crossEntropy(3, 1000, 0.1),
  ...crossEntropy(130, 17, 0),
  ...crossEntropy(4, 10, 0, 100),
  ...crossEntropy(4, 33, 0.1, 100),
]
