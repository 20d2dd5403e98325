/** Operations of your own: defined as values, differentiated, checked, run by the reference and refused by all others. */
import { expect, test } from 'vitest'
import { checkGradients } from '../../src/autodiff/check.js'
import { differentiate } from '../../src/autodiff/differentiate.js'
import { openReference } from '../../src/engine/reference/engine.js'
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { encodeNode } from '../../src/formats/onnx.js'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, type Graph } from '../../src/graph/graph.js'
import { inline } from '../../src/graph/inline.js'
import { compileGraph } from '../../src/inference/compile.js'
import { ops, verify } from '../../src/ops/index.js'
import { emit } from '../../src/ops/op.js'
import { defineOwnOp } from '../../src/ops/own.js'
import { describeEngines } from '../engine/engines.js'

/** y = 2 · factor · |x|. */
const steepness = defineOwnOp({
  name: 'steepness',
  inputs: ['x'],
  outputs: ['y'],
  infer: ([x], _: { readonly factor: number }) => [x!],
  cost: () => ({ macs: 0 }),
  gradient: { none: 'it is a gradient' },
  kernel: ([x], [y], { factor }) => {
    x!.data.forEach((value, i) => {
      y!.data[i] = 2 * factor * Math.abs(value)
    })
  },
})
/** y = factor · x · |x|. */
const signedSquare = defineOwnOp({
  ...steepness,
  name: 'signedSquare',
  gradient: ({ attributes, inputs, outputGradients, emit }) => {
    const [slope] = emit(steepness, attributes, [inputs[0]!])
    return emit(ops.multiply, {}, [outputGradients[0]!, slope!])
  },
  kernel: ([x], [y], { factor }) => {
    x!.data.forEach((value, i) => {
      y!.data[i] = factor * value * Math.abs(value)
    })
  },
})

function graphOf(op: typeof signedSquare): Graph {
  const builder = new GraphBuilder()
  const x = builder.input('x', 'parameter', f32(5))
  const [y] = emit(builder, op, { factor: 0.5 }, [x], 'mine')
  builder.output('y', y!)
  return builder.build()
}
const values = new Map([['x', [1, -2, 3, -0.5, 4]]])

test('the reference runs it, and its rule holds against differences', () => {
  expect([...evaluateOutputs(graphOf(signedSquare), values).get('y')!]).toEqual([0.5, -2, 4.5, -0.125, 8])
  const [found] = checkGradients(graphOf(signedSquare), values, evaluateOutputs)
  expect(found!.error).toBeLessThan(1e-8)
  const wrong = defineOwnOp({ ...signedSquare, gradient: ({ outputGradients }) => outputGradients })
  expect(checkGradients(graphOf(wrong), values, evaluateOutputs)[0]!.error).toBeGreaterThan(0.1)
})

test('graphs keep it: verified, copied into another, differentiated, compiled', async () => {
  const graph = verify(graphOf(signedSquare))
  const builder = new GraphBuilder()
  const x = builder.input('x', 'parameter', f32(5))
  const copy = inline(builder, graph, () => x)
  const zero = emit(builder, ops.fill, { shape: [5], value: 0 }, [], 'zero')[0]!
  builder.output('loss', emit(builder, ops.squaredError, {}, [copy(graph.outputs[0]!.value), zero], 'loss')[0]!)
  const { graph: both, gradients } = differentiate(builder.build(), 'loss', [x])
  const whole = new GraphBuilder(both)
  whole.output('gradient', gradients.get(x)!)
  const executable = await compileGraph(openReference(), whole.build())
  executable.write('x', Float32Array.of(1, -2, 3, -0.5, 4))
  await executable.run()
  // The loss is the mean of (x² / 2)² = x⁴ / 4, its derivative x³ / 5.
  const cubes = [1, -8, 27, -0.125, 64].map((cube) => Math.fround(cube / 5))
  expect([...(await executable.read('gradient'))]).toEqual(cubes)
})

test('definitions are looked at', () => {
  expect(() => defineOwnOp({ ...signedSquare, name: 'relu' })).toThrow(
    'defineOp: relu is an operation of this package; take another name',
  )
  expect(() => defineOwnOp({ ...signedSquare, kernel: undefined } as never)).toThrow(
    'defineOp: op.kernel: expected a function, got nothing',
  )
  expect(() => defineOwnOp({ ...signedSquare, gradient: 3 } as never)).toThrow('a function or { none: reason }, got 3')
})

test('ONNX has no counterpart', () => {
  const [node] = graphOf(signedSquare).nodes
  const scope = { name: () => '', constant: () => '', number: () => '', numbers: () => '' }
  expect(() => encodeNode(node!, 'y', scope)).toThrow(
    'mine: ONNX export does not know signedSquare; leave this layer out',
  )
})

await describeEngines(
  (engine) => {
    test('says that it has no kernel, and which engine has', async () => {
      await expect(compileGraph(engine(), graphOf(signedSquare))).rejects.toThrow(
        `${engine().build}: this network needs signedSquare, which this engine lacks; use reference, which runs operations of your own`,
      )
    })
  },
  ['reference'],
)
