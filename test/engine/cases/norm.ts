/** Batch norm with its gradients, at ordinary and at hard statistics. */
import { f32 } from '../../../src/graph/graph.js'
import type { Case } from '../case.js'
import { constant, type Fill, normal, positive, singleOp } from '../single-op.js'
import { hardStatistics } from '../tolerances.js'

type Shape = readonly [number, number, number, number]

const epsilon = 1e-5

const shapes: readonly Shape[] = [
  [2, 3, 5, 7],
  [1, 16, 7, 7],
  [1, 1, 1, 2],
  [2, 5, 1, 1],
  [4, 17, 3, 3],
  [3, 64, 8, 8],
  [37, 16, 4, 4],
  [1, 33, 9, 2],
  [2, 16, 33, 31],
]

/** Means that are not near zero, so that they are large enough to be measured relative to themselves. */
const activations = normal(0.5, 2)

const vector = ([, c]: Shape, fill: Fill = positive) => ({ type: f32(c), fill, role: 'parameter' }) as const

function ordinary(shape: Shape): Case[] {
  const [x, dy] = [activations, normal(0.1)].map((fill) => ({ type: f32(...shape), fill }))
  const [scale, shift, mean, variance] = [positive, normal(), normal(), positive].map((fill) => vector(shape, fill))
  return [
    singleOp('batchNorm', { epsilon }, [x!, scale!, shift!]),
    singleOp('batchNormGradient', { epsilon }, [dy!, x!, scale!, mean!, variance!]),
    singleOp('batchNormInference', { epsilon }, [x!, scale!, shift!, mean!, variance!]),
    singleOp('batchNormInferenceGradient', { epsilon }, [dy!, x!, scale!, mean!, variance!]),
    singleOp('imageStatistics', {}, [x!]),
  ]
}

/** Batch norm of data that tells good statistics from bad ones. `scales` are the magnitudes that zeros stand beside. */
function hard(what: string, shape: Shape, fill: Fill, scales: Case['scales'] = {}): Case {
  const one = singleOp('batchNorm', { epsilon }, [{ type: f32(...shape), fill }, vector(shape), vector(shape)])
  return { ...one, title: `${one.title} ${what}`, tolerances: hardStatistics, scales }
}

const average = (shape: Shape, momentum: number, correction: number) =>
  singleOp('runningAverage', { momentum, correction }, [
    { ...vector(shape, normal()), role: 'optimizer' },
    { ...vector(shape), role: 'data' },
  ])

export const normCases: readonly Case[] = [
  ...shapes.flatMap(ordinary),
  hard('mean/deviation 1000', [4, 16, 16, 16], normal(1000, 1)),
  hard('mean/deviation 1000', [64, 5, 4, 4], normal(1, 0.001), { variance: 1e-6 }),
  hard('mean/deviation -1000', [1, 17, 33, 35], normal(-2000, 2)),
  hard('constant 0', [4, 16, 8, 8], constant(0), { mean: 1, variance: epsilon }),
  hard('constant 0.1', [4, 17, 9, 7], constant(Math.fround(0.1)), { variance: epsilon }),
  hard('constant 1000', [3, 16, 8, 8], constant(1000), { variance: epsilon }),
  average([1, 1, 1, 1], 0.1, 1),
  average([1, 33, 1, 1], 0.1, 128 / 127),
  average([1, 16, 1, 1], 0.01, 1),
]
