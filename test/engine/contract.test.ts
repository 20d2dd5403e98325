/** What every engine promises beside right numbers: setup and updates, names and lengths, an end. */
import { expect, test } from 'vitest'
import type { Executable } from '../../src/engine/engine.js'
import { GraphBuilder } from '../../src/graph/builder.js'
import { f32, type Graph, i32 } from '../../src/graph/graph.js'
import { compileGraph } from '../../src/inference/compile.js'
import { add } from '../../src/ops/add.js'
import { emit } from '../../src/ops/op.js'
import { relu } from '../../src/ops/relu.js'
import { sgd } from '../../src/ops/sgd.js'
import { softmaxCrossEntropy } from '../../src/ops/softmax-cross-entropy.js'
import { describeEngines } from './engines.js'

/** y = x + relu(weight), where relu(weight) is computed once; and w ← w − lr · x. */
function smallGraph(): Graph {
  const builder = new GraphBuilder()
  const x = builder.input('x', 'data', f32(3))
  const fixed = builder.input('fixed', 'parameter', f32(3))
  const w = builder.input('w', 'parameter', f32(3))
  const velocity = builder.input('velocity', 'optimizer', f32(3))
  const lr = builder.input('lr', 'scalar', f32())
  const [positive] = emit(builder, relu, {}, [fixed], 'relu')
  const [y] = emit(builder, add, {}, [x, positive!], 'add')
  const attributes = { momentum: 0.5, weightDecay: 0, nesterov: false }
  const [next, nextVelocity] = emit(builder, sgd, attributes, [w, x, velocity, lr, lr], 'sgd')
  builder.output('y', y!)
  builder.update(w, next!)
  builder.update(velocity, nextVelocity!)
  return builder.build()
}

function lossGraph(): Graph {
  const builder = new GraphBuilder()
  const logits = builder.input('logits', 'data', f32(2, 3))
  const labels = builder.input('labels', 'data', i32(2))
  builder.output('loss', emit(builder, softmaxCrossEntropy, { smoothing: 0 }, [logits, labels], 'loss')[0]!)
  return builder.build()
}

function writeAll(executable: Executable): void {
  executable.write('x', Float32Array.of(1, 2, 3))
  executable.write('fixed', Float32Array.of(-5, 10, 20))
  executable.write('w', Float32Array.of(100, 100, 100))
  executable.write('velocity', Float32Array.of(0, 0, 0))
  executable.write('lr', Float32Array.of(0.5))
}

await describeEngines((engine) => {
  const withSmall = async (body: (executable: Executable) => Promise<void>) => {
    const executable = await compileGraph(engine(), smallGraph())
    writeAll(executable)
    await body(executable)
    await executable.dispose()
  }

  test('puts what depends on parameters alone into the setup, and repeats it when they are written', () =>
    withSmall(async (executable) => {
      expect(executable.plan.setup.map(({ op }) => op)).toEqual(['relu'])
      await executable.run()
      expect([...(await executable.read('y'))]).toEqual([1, 12, 23])
      executable.write('fixed', Float32Array.of(7, 7, -7))
      await executable.run()
      expect([...(await executable.read('y'))]).toEqual([8, 9, 3])
    }))

  test('applies updates after each run, and keeps them for the next', () =>
    withSmall(async (executable) => {
      await executable.run()
      expect([...(await executable.read('velocity'))]).toEqual([1, 2, 3])
      expect([...(await executable.read('w'))]).toEqual([99.5, 99, 98.5])
      await executable.run()
      expect([...(await executable.read('velocity'))]).toEqual([1.5, 3, 4.5])
      expect([...(await executable.read('w'))]).toEqual([98.75, 97.5, 96.25])
    }))

  test('gives copies: neither what was written nor what was read is shared', () =>
    withSmall(async (executable) => {
      const x = Float32Array.of(4, 5, 6)
      executable.write('x', x)
      x.fill(0)
      const read = await executable.read('x')
      expect([...read]).toEqual([4, 5, 6])
      read.fill(0)
      expect([...(await executable.read('x'))]).toEqual([4, 5, 6])
    }))

  test('two executables do not disturb each other', () =>
    withSmall((one) =>
      withSmall(async (other) => {
        other.write('x', Float32Array.of(9, 9, 9))
        await Promise.all([one.run(), other.run()])
        expect([...(await one.read('y'))]).toEqual([1, 12, 23])
        expect([...(await other.read('y'))]).toEqual([9, 19, 29])
      }),
    ))

  test('says which names there are', () =>
    withSmall(async (executable) => {
      expect(() => executable.write('weight', new Float32Array(3))).toThrow(
        'the plan has no input named weight; it has x, fixed, w, velocity, lr',
      )
      expect(() => executable.write('y', new Float32Array(3))).toThrow('the plan has no input named y')
      await expect(executable.read('z')).rejects.toThrow('the plan has no input or output named z; it has ')
    }))

  test('says which length and kind of numbers an input takes', async () => {
    await withSmall(async (executable) => {
      expect(() => executable.write('x', new Float32Array(4))).toThrow('x: expected 3 values (3), got 4')
      expect(() => executable.write('lr', new Float32Array(0))).toThrow('lr: expected 1 values (scalar), got 0')
      expect(() => executable.write('x', new Int32Array(3))).toThrow('x: expected a Float32Array')
    })
    const executable = await compileGraph(engine(), lossGraph())
    expect(() => executable.write('labels', new Float32Array(2))).toThrow('labels: expected an Int32Array')
    await executable.dispose()
  })

  test('lists the operations it lacks, each once, before anything runs', () => {
    const [node] = lossGraph().nodes
    const graph = { ...lossGraph(), nodes: ['swish', 'relu', 'gelu', 'swish'].map((op) => ({ ...node!, op })) }
    expect(engine().missing(graph)).toEqual(['swish', 'gelu'])
    expect(engine().missing(lossGraph())).toEqual([])
  })

  test('refuses work after its end', async () => {
    const executable = await compileGraph(engine(), smallGraph())
    await executable.dispose()
    await expect(executable.run()).rejects.toThrow(/disposed/)
    await expect(executable.read('y')).rejects.toThrow(/disposed/)
  })
})
