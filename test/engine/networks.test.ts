/**
 * Whole training steps of networks of odd sizes on each engine build against the reference: what fusions, shared memory
 * and updates in place do to each other shows here.
 */
import { expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { openReference } from '../../src/engine/reference/engine.js'
import { compileGraph } from '../../src/inference/compile.js'
import { initialise } from '../../src/model/initialise.js'
import type { PlanOptions } from '../../src/plan/planner.js'
import { classifierOf } from '../../src/spec/heads/index.js'
import type { BlockSpec, NetworkSpec, StemLayer } from '../../src/spec/spec.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import { trainingGraph } from '../../src/train/step/step.js'
import { Random } from '../../src/util/random.js'
import { elements } from '../../src/util/shape.js'
import { describeEngines } from './engines.js'
import { measure } from './measure.js'

const STEPS = 3

/** After three steps, of the largest magnitude of each tensor: rounding grows from layer to layer and step to step. */
const LIMIT = 1e-4

const conv = (width: number, kernel: number, dilation = 1) => ({ kind: 'conv', width, kernel, dilation }) as const

const block = (branch: BlockSpec['branch'], given: Partial<BlockSpec> = {}): BlockSpec => ({
  branch,
  stride: 1,
  strideIn: 0,
  order: 'post',
  shortcut: 'project-on-change',
  ...given,
})

const network = (
  name: string,
  [channels, height, width]: readonly [number, number, number],
  stem: readonly StemLayer[],
  blocks: readonly (readonly BlockSpec[])[],
  norm = false,
): NetworkSpec => ({
  format: 1,
  name,
  input: { channels, height, width },
  stem,
  stages: blocks.map((stage) => ({ blocks: stage })),
  head: { kind: 'classifier', norm, classes: 7 },
})

const imagenetStem: readonly StemLayer[] = [
  { ...conv(10, 7), stride: 2 },
  { kind: 'norm' },
  { kind: 'relu' },
  { kind: 'maxPool', kernel: 3, stride: 2, padding: 1 },
]

const networks: readonly NetworkSpec[] = [
  network('7x7 stem and max pooling, projections', [3, 29, 35], imagenetStem, [
    [block([conv(10, 3), conv(10, 3)]), block([conv(10, 3), conv(10, 3)])],
    [block([conv(12, 1), conv(12, 3), conv(37, 1)], { stride: 2, strideIn: 1 })],
  ]),
  network(
    'one layer a branch, nine layers a branch, dilation, grey pictures',
    [1, 13, 11],
    [conv(5, 3)],
    [
      [block([conv(5, 3)]), block(Array.from({ length: 9 }, () => conv(5, 3)))],
      [block([conv(18, 3, 2), conv(18, 3, 2)], { shortcut: 'pad', stride: 2 })],
    ],
  ),
  network(
    'average pooling, projections everywhere',
    [4, 12, 12],
    [conv(16, 3), { kind: 'norm' }, { kind: 'relu' }, { kind: 'averagePool', kernel: 2, stride: 2, padding: 0 }],
    [[block([conv(16, 3), conv(16, 3)], { shortcut: 'project-always' })], [block([conv(3, 1), conv(33, 3)])]],
  ),
  network(
    'pre-activation, pad and shared activations',
    [3, 10, 9],
    [conv(6, 3)],
    [
      [
        block([conv(6, 3), conv(6, 3)], { order: 'pre', shortcut: 'pad', activateBeforeSplit: true }),
        block([conv(6, 3), conv(6, 3)], { order: 'pre', shortcut: 'pad' }),
      ],
      [
        block([conv(8, 1), conv(8, 3), conv(20, 1)], { order: 'pre', stride: 2, activateBeforeSplit: true }),
        block([conv(20, 3), conv(20, 3)], { order: 'pre' }),
      ],
    ],
    true,
  ),
  network(
    'plain',
    [3, 9, 9],
    [conv(17, 3), { kind: 'norm' }, { kind: 'relu' }],
    [
      [block([conv(17, 3), conv(17, 3)], { shortcut: 'none' })],
      [block([conv(9, 3), conv(9, 3)], { shortcut: 'none', stride: 2 })],
    ],
  ),
]

const settings = completeRecipe({
  batchSize: 5,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 1e-3,
  decayOn: 'weights',
  labelSmoothing: 0.1,
})

/** Everything there is to read after three steps. */
async function train(engine: Engine, spec: NetworkSpec, options?: PlanOptions): Promise<Map<string, Float32Array>> {
  const graph = trainingGraph(spec, settings)
  const executable = await compileGraph(engine, graph, options)
  for (const [path, values] of initialise(spec, { seed: 1 })) executable.write(path, values)
  const random = new Random(3)
  const pictures = new Float32Array(settings.batchSize * elements(Object.values(spec.input)))
  for (let step = 0; step < STEPS; step++) {
    executable.write(
      'pictures',
      pictures.map(() => random.normal()),
    )
    executable.write(
      'labels',
      new Int32Array(settings.batchSize).map(() => random.below(classifierOf(spec).classes)),
    )
    executable.write('lr', Float32Array.of(0.02))
    await executable.run()
  }
  const state = graph.inputs.filter(({ role }) => role !== 'data' && role !== 'scalar')
  const results = new Map<string, Float32Array>()
  for (const { name } of [...graph.outputs, ...state]) results.set(name, await executable.read(name))
  await executable.dispose()
  return results
}

const wanted = new Map(
  await Promise.all(networks.map(async (spec) => [spec, await train(openReference(), spec)] as const)),
)

await describeEngines(
  (engine, open) => {
    test('the same bits with 1, 2 and 3 threads', async () => {
      const [spec] = networks
      const results = []
      for (const threads of [1, 2, 3]) {
        const opened = await open(threads)
        results.push(await train(opened, spec!))
        await opened.dispose()
      }
      expect(results[1]).toEqual(results[0])
      expect(results[2]).toEqual(results[0])
    })

    for (const spec of networks)
      test(spec.name, async () => {
        const got = await train(engine(), spec)
        for (const recompute of ['elementwise', 'blocks'] as const)
          expect(await train(engine(), spec, { recompute }), `the same bits with recompute ${recompute}`).toEqual(got)
        const errors = [...wanted.get(spec)!].map(([name, values]) => [name, measure(got.get(name)!, values).max])
        expect(errors.filter(([, error]) => !(Number(error) <= LIMIT))).toEqual([])
      })
  },
  ['reference'],
)
