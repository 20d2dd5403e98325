/** What nobody reads is not computed. */
import { expect, test } from 'vitest'
import { tapeOf } from '../../src/engine/cpu/engine.js'
import { kernelNames, kernels } from '../../src/engine/cpu/kernel-table.js'
import { layoutsOf } from '../../src/engine/cpu/layout.js'
import { NONE } from '../../src/engine/cpu/lower/lowering.js'
import { f32 } from '../../src/graph/graph.js'
import { planGraph } from '../../src/plan/planner.js'
import { normal, singleOp } from './single-op.js'

test('a convolution takes statistics only where somebody reads them', () => {
  const attributes = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], bands: 1 } as const
  const x = { type: f32(1, 16, 8, 8), fill: normal() }
  const weight = { type: f32(16, 16, 3, 3), fill: normal(), role: 'parameter' } as const
  const { graph } = singleOp('conv2d', attributes, [x, weight])
  const target = { lower: (same: typeof graph) => same, sizes: () => () => 4096, workspace: () => 0 }
  const statisticsOf = (outputs: typeof graph.outputs) => {
    const plan = planGraph({ ...graph, outputs }, target)
    const tape = tapeOf(plan, plan.steps, layoutsOf(plan.graph))
    expect(tape[0]).toBe(kernelNames.indexOf('conv2d'))
    return tape[1 + kernels.conv2d.indexOf('statistics')]
  }
  expect(graph.outputs.map(({ name }) => name)).toEqual(['y', 'statistics'])
  expect(statisticsOf(graph.outputs)).toBeGreaterThan(0)
  expect(statisticsOf(graph.outputs.slice(0, 1))).toBe(NONE)
})
