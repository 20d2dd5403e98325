/** What is said where an engine lacks operations, or is asked after its end. */
import { expect, test } from 'vitest'
import { openReference } from '../../src/engine/reference/engine.js'
import type { Graph } from '../../src/graph/graph.js'
import { compileGraph } from '../../src/inference/compile.js'
import { forwardGraph } from '../../src/model/forward.js'
import { roundOperands } from '../../src/ops/precision.js'
import { planGraph } from '../../src/plan/planner.js'
import { tinySpec } from '../train/tiny.js'

const graph = forwardGraph(tinySpec, { batch: 1, mode: 'inference' })

test('lists all that an engine lacks', async () => {
  const poor = { ...openReference(), build: 'poor', missing: () => ['conv2d', 'linear'] }
  await expect(compileGraph(poor, graph)).rejects.toThrow(
    'poor: this network needs conv2d, linear, which this engine lacks; use another',
  )
})

test('says where a precision is to be had that an engine lacks', async () => {
  const poor = { ...openReference(), build: 'poor', precisions: ['float32'] as const }
  await expect(compileGraph(poor, roundOperands(graph))).rejects.toThrow(
    "poor: precision bf16 is not offered by this engine here; native-avx512 has it on Linux, on Intel's processors with a " +
      'tile unit (AMX) and on those of AMD from Zen 4 on, the reference everywhere; use precision float32',
  )
})

test('the reference refuses plans made for another engine', async () => {
  const engine = openReference()
  const unknown: Graph = { ...graph, nodes: graph.nodes.map((node) => ({ ...node, op: `fast ${node.op}` as never })) }
  const plan = { ...planGraph(graph, engine.target), graph: unknown }
  await expect(engine.compile(plan)).rejects.toThrow(
    /^reference: no kernels for fast conv2d, .*; make the plan for this engine's target$/,
  )
})

test('the reference says that an executable was disposed of', async () => {
  const executable = await compileGraph(openReference(), graph)
  await executable.dispose()
  await expect(executable.run()).rejects.toThrow('reference: this executable was disposed of; compile the plan again')
})
