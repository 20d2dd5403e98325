/**
 * A graph by hand: an operation of your own, its gradient held against differences, a training that is nothing but a graph,
 * and the gradient at one block of a network. docs/extending.md tells of each part.
 */

import {
  addBlock,
  checkGradients,
  classifierLayers,
  defineOp,
  differentiate,
  emit,
  evaluateOutputs,
  f32,
  forwardGraph,
  GraphBuilder,
  graphText,
  headOf,
  headsOf,
  i32,
  initialise,
  LayerBuilder,
  ops,
  parametersOf,
  placedBlocks,
  pullBack,
  Session,
  ShapeError,
  stepGraph,
} from 'resnet.ts/graph'
import { defaultRecipe, openEngine, preset, ResnetError } from 'resnet.ts/node'

// A graph.

const builder = new GraphBuilder()
const x = builder.input('x', 'data', f32(4, 1))
const wanted = builder.input('wanted', 'data', f32(4, 1))
const weight = builder.input('line.weight', 'parameter', f32(1, 1))
const bias = builder.input('line.bias', 'parameter', f32(1))
const [y] = emit(builder, ops.linear, {}, [x, weight, bias], 'line')
builder.output('y', y!)
builder.output('loss', emit(builder, ops.squaredError, {}, [y!, wanted], 'loss')[0]!)
const line = builder.build()
console.log(graphText(line))

// A training: the same graph with gradients and updates, run again and again.

const weights = new Map([
  ['line.weight', Float32Array.of(0)],
  ['line.bias', Float32Array.of(0)],
])
await using engine = await openEngine()
await using training = await Session.open(engine, stepGraph([line], { ...defaultRecipe, weightDecay: 0 }), { weights })
const lr = Float32Array.of(0.02)
const rows = { x: Float32Array.of(0, 1, 2, 3), wanted: Float32Array.of(1, 3, 5, 7) }
for (let step = 0; step < 400; step++) await training.run({ ...rows, lr })
const learned = await training.weights()
const [slope, offset] = ['line.weight', 'line.bias'].map((name) => learned.get(name)!.data[0]!.toFixed(2))
console.log(`y = ${slope} x + ${offset}`)

// An operation.

const square = defineOp({
  name: 'square',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x]) => {
    if (x!.dtype !== 'f32') throw new ShapeError(`square: x must hold floats, got ${x!.dtype}`)
    return [x!]
  },
  cost: () => ({ macs: 0 }),
  gradient: ({ inputs, outputGradients, emit }) => {
    const [slope] = emit(ops.scale, { factor: 2 }, [inputs[0]!])
    return emit(ops.multiply, {}, [outputGradients[0]!, slope!])
  },
  kernel: ([x], [y]) => {
    for (let i = 0; i < y!.data.length; i++) y!.data[i] = x!.data[i]! * x!.data[i]!
  },
})

const own = new GraphBuilder()
const side = own.input('side', 'data', f32(3))
own.output('area', emit(own, square, {}, [side], 'area')[0]!)
const areas = own.build()
const sides = new Map([['side', [1, -2, 3]]])
console.log(evaluateOutputs(areas, sides).get('area')!)
console.log(checkGradients(areas, sides, evaluateOutputs)[0]!.error < 1e-8)
await Session.open(engine, areas).catch((error: unknown) => {
  if (error instanceof ResnetError) console.log(error.message)
})
await using slow = await openEngine({ engine: 'reference' })
await using squares = await Session.open(slow, areas)
console.log((await squares.run({ side: Float32Array.of(4, 5, 6) })).area!.data)
try {
  const labels = own.input('labels', 'data', i32(3))
  emit(own, square, {}, [labels], 'labels.squared')
} catch (error) {
  if (error instanceof ShapeError) console.log(error.message)
}

// A network as a graph: the gradient of the loss for the pictures, and what one block makes of a gradient.

const spec = preset('resnet8', { input: { channels: 3, height: 8, width: 8 } })
const fresh = initialise(spec, { seed: 1 })
const forward = forwardGraph(spec, { batch: 2, mode: 'inference', loss: true })
console.log(parametersOf(forward).length, 'parameters and running statistics')
const last = `${classifierLayers.classifier}.weight`
console.log(last, 'holds', fresh.get(last)!.length, 'numbers')
const pixels = forward.inputs.find(({ name }) => name === 'pictures')!.value
const { graph, gradients } = differentiate(forward, 'loss', [pixels])
const withGradient = new GraphBuilder(graph)
withGradient.output('saliency', gradients.get(pixels)!)
await using looking = await Session.open(engine, withGradient.build(), { weights: fresh })
const pictures = new Float32Array(2 * 3 * 8 * 8).fill(0.5)
const { saliency, logits } = await looking.run({ pictures, labels: Int32Array.of(3, 7) })
console.log(saliency!.shape, logits!.shape)

const heads = headsOf()
const block = placedBlocks(spec)[0]!
const layers = new LayerBuilder('inference')
const maps = layers.pictures(2, block.inputWidth, 8, 8)
const end = addBlock(layers, block, maps, { own: headOf(spec.head, heads).layers })
const seed = layers.graph.input('seed', 'data', end.type)
const back = pullBack(layers.graph.build(), new Map([[end, seed]]), [maps])
const backwards = new GraphBuilder(back.graph)
backwards.output('back', back.gradients.get(maps)!)
const ofBlock = new Map([...fresh].filter(([path]) => path.startsWith(block.path)))
await using pulling = await Session.open(engine, backwards.build(), { weights: ofBlock })
const ones = new Float32Array(2 * block.inputWidth * 64).fill(1)
const passed = (await pulling.run({ pictures: ones, seed: ones })).back!
console.log(passed.shape, passed.data[0] !== 1)
