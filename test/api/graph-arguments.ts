/** How every function and method of the graph tier is called rightly: see wrong-arguments.ts. */
import * as graph from '../../src/graph.js'
import { completeRecipe, encodeCheckpoint, openEngine, tasks } from '../../src/internal.node.js'
import { checkpoint, data, type Row, spec } from './wrong-arguments.js'

const { add, relu, squaredError } = graph.ops

/** y = relu(x + w), and its squared distance from `wanted`. */
function built() {
  const builder = new graph.GraphBuilder()
  const x = builder.input('x', 'data', graph.f32(2, 3))
  const w = builder.input('w', 'parameter', graph.f32(2, 3))
  const wanted = builder.input('wanted', 'data', graph.f32(2, 3))
  const sum = graph.emit(builder, add, {}, [x, w], 'sum')[0]!
  const y = graph.emit(builder, relu, {}, [sum], 'y')[0]!
  const loss = graph.emit(builder, squaredError, {}, [y, wanted], 'loss')[0]!
  builder.output('y', y)
  builder.output('loss', loss)
  return { builder, x, w, wanted, y, loss, made: builder.build() }
}
const { x, w, loss, made } = built()
const numbers = new Map(['x', 'w', 'wanted'].map((name) => [name, Float32Array.of(1, -2, 3, 4, 5, 6)]))
const engine = await openEngine({ engine: 'reference' })
const seeds = () => {
  const builder = new graph.GraphBuilder(made)
  const seed = builder.input('seed', 'data', graph.f32())
  return { seeded: builder.build(), seed }
}
const { seeded, seed } = seeds()
const recipe = completeRecipe({})
const [block] = graph.placedBlocks(spec)
const maps = () => {
  const layers = new graph.LayerBuilder('training')
  return { layers, x: layers.pictures(2, 3, 4, 4) }
}
const own = {
  name: 'mine',
  inputs: ['x'],
  outputs: ['y'],
  infer: (types: readonly graph.TensorType[]) => types,
  cost: () => ({ macs: 0 }),
  gradient: { none: 'a test' },
  kernel: () => {},
} as const
const convLayer = { kind: 'conv', width: 4, kernel: 3 } as const

/** Makes what a method is called on anew for each call, since names may stand in a graph once only. */
const on = <T extends object>(make: () => T, call: (of: T, args: readonly unknown[]) => unknown) => ({ make, call })
export type On = ReturnType<typeof on>

export const rows: Readonly<Record<string, Row>> = {
  checkGradients: {
    args: () => [made, numbers, graph.evaluateOutputs, { wrt: ['w'], step: 1e-5, seed: 0 }],
    deep: [0, 3],
  },
  differentiate: { args: () => [made, 'loss', [w]], deep: [0] },
  pullBack: { args: () => [seeded, new Map([[loss, seed]]), [w], () => true], deep: [0] },
  epochOrder: { args: () => [5, 0, 0] },
  fillBatch: {
    args: () => [
      data.train,
      [0, 1],
      new Float32Array(96),
      new Int32Array(2),
      { normalisation: data.normalisation, augmentation: undefined, seed: 0, epoch: 0 },
    ],
    deep: [0, 4],
  },
  expectDataset: { args: () => [data, 'a test'], deep: [0] },
  expectPictures: { args: () => [data.train, 'a test', 2], deep: [0] },
  evaluateOutputs: { args: () => [made, numbers], deep: [0] },
  GraphBuilder: { args: () => [made], deep: [0] },
  f32: { args: () => [2, 3] },
  i32: { args: () => [2] },
  graphText: { args: () => [made], deep: [0] },
  planFor: { args: () => [engine, made, { recompute: 'none' }], deep: [1, 2] },
  Session: { args: () => [] },
  addBlock: {
    args: () => {
      const { layers, x } = maps()
      return [layers, block, layers.conv('stem.conv', x, { ...convLayer, width: 2 }, 1), {}]
    },
    deep: [1],
  },
  forwardGraph: {
    args: () => [
      spec,
      {
        ...{ batch: 2, mode: 'training', loss: true, dropPath: undefined, statisticsShare: 0.1, taps: ['stem'] },
        ...{ heads: graph.heads, lossName: 'cross-entropy', labelSmoothing: 0.1 },
      },
    ],
    deep: [0, 1],
  },
  headOf: { args: () => [spec.head, graph.heads], deep: [0] },
  headsOf: { args: () => [tasks] },
  initialise: { args: () => [spec, { seed: 0, zeroInitResidual: true, heads: graph.heads }], deep: [0, 1] },
  LayerBuilder: { args: () => ['training', 0.1] },
  parametersOf: { args: () => [made], deep: [0] },
  emit: { args: () => [built().builder, relu, {}, [x], 'path', {}], deep: [1] },
  defineOp: { args: () => [own], deep: [0] },
  placedBlocks: { args: () => [spec], deep: [0] },
  checkFields: { args: () => [{ a: 1 }, 'a test', ['a']] },
  checkWhole: { args: () => [{ a: 1 }, 'a test', 'a', 0, 2] },
  lastStage: { args: () => [spec.stages] },
  withLayers: { args: () => [tasks, {}] },
  decodeAnyCheckpoint: { args: () => [encodeCheckpoint(checkpoint), 'a file'] },
  stepGraph: { args: () => [[made], recipe], deep: [1] },
}

const layer = (call: (of: ReturnType<typeof maps>, args: readonly unknown[]) => unknown) => on(maps, call)
const method =
  (name: string) =>
  ({ layers }: ReturnType<typeof maps>, args: readonly unknown[]) =>
    (layers as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[name]!(...args)
const builderMethod =
  (name: string) =>
  ({ builder }: ReturnType<typeof built>, args: readonly unknown[]) =>
    (builder as unknown as Record<string, (...args: readonly unknown[]) => unknown>)[name]!(...args)

const row = (name: string, args: Row['args'], deep: readonly number[] = []) =>
  [name, { args, deep }, layer(method(name))] as const
const picturesOf = graph.f32(2, 3, 4, 4)
const value: graph.Value = { id: 0, type: picturesOf }
const features: graph.Value = { id: 0, type: graph.f32(2, 3) }
const drop = { rate: 0.5, granularity: 'row', seed: 0, layer: 0 }

/** The builders. */
export const classes: Readonly<Record<string, { readonly prototype: object }>> = {
  GraphBuilder: graph.GraphBuilder,
  LayerBuilder: graph.LayerBuilder,
}

/** Methods of the builders, with what they are called on. */
export const methods: Readonly<Record<string, readonly (readonly [string, Row, On])[]>> = {
  GraphBuilder: (
    [
      ['input', () => ['new', 'data', graph.f32(2)], [2]],
      ['node', () => ['relu', {}, [x], [graph.f32(2, 3)], 'path', [], undefined]],
      ['output', () => ['new', x]],
      ['update', () => [w, x]],
      ['build', () => []],
    ] as const
  ).map(([name, args, deep = []]) => [name, { args, deep } as Row, on(built, builderMethod(name)) as On] as const),
  LayerBuilder: [
    row('pictures', () => [2, 3, 4, 4]),
    row('labels', () => [2]),
    row('targets', () => [2, 3]),
    row('conv', () => ['c', value, convLayer, 1], [2]),
    row('norm', () => ['n', value]),
    row('relu', () => ['r', value]),
    row('add', () => ['a', value, value]),
    row('scale', () => ['s', value, 2]),
    row('dropout', () => ['d', value, drop], [2]),
    row('addNoise', () => ['d', value, { deviation: 0.1, seed: 0, layer: 0 }], [2]),
    row('sigmoid', () => ['s', value]),
    row('multiply', () => ['m', value, value]),
    row('pool', () => ['p', value, { kind: 'maxPool', kernel: 2, stride: 2, padding: 0 }], [2]),
    row('padShortcut', () => ['p', value, 6, 2]),
    row('globalAveragePool', () => ['p', value]),
    row('linear', () => ['l', features, 4]),
    row('loss', () => ['l', features, { id: 1, type: graph.i32(2) }, 0]),
    row('regressionLoss', () => ['l', value, value, 'l1']),
    row('pixelShuffle', () => ['p', { id: 0, type: graph.f32(2, 4, 4, 4) }, 2]),
    row('apply', () => ['r', relu, {}, value], [1]),
    row('parameter', () => ['p', 'weight', graph.f32(2)], [2]),
  ] as unknown as readonly (readonly [string, Row, On])[],
}
export const session = await graph.Session.open(engine, made, { weights: new Map([['w', new Float32Array(6)]]) })
export const sessionRows: Readonly<Record<string, Row>> = {
  open: {
    args: () => [engine, made, { weights: new Map([['w', new Float32Array(6)]]), recompute: 'none' }],
    deep: [1, 2],
  },
  setWeights: { args: () => [new Map([['w', new Float32Array(6)]])] },
  run: { args: () => [{ x: new Float32Array(6), wanted: new Float32Array(6) }], deep: [0] },
  weights: { args: () => [] },
}
