/** The graph of a training step: what goes in, what is updated, and on what weight decay acts. */
import { describe, expect, test } from 'vitest'
import type { SgdAttributes } from '../../../src/ops/sgd.js'
import { trainingGraph } from '../../../src/train/step/step.js'
import { tinyRecipe, tinySpec } from '../tiny.js'

describe('the graph of a step', () => {
  const graph = trainingGraph(tinySpec, tinyRecipe())
  const named = (role: string) => graph.inputs.filter((input) => input.role === role).map(({ name }) => name)

  test('takes pictures, labels and the learning rate, and a velocity for each parameter', () => {
    expect(named('data')).toEqual(['pictures', 'labels'])
    expect(named('scalar')).toEqual(['lr'])
    expect(named('optimizer')).toEqual(named('parameter').map((name) => `velocity/${name}`))
    expect(named('parameter')).toContain('stage2.block1.conv1.weight')
  })

  test('updates all parameters, velocities and running statistics, each once', () => {
    const updated = new Set(graph.updates.map(({ target }) => target))
    const state = graph.inputs.filter(({ role }) => ['parameter', 'buffer', 'optimizer'].includes(role))
    expect(updated.size).toBe(graph.updates.length)
    expect(state.every(({ value }) => updated.has(value))).toBe(true)
    expect(graph.updates).toHaveLength(state.length)
  })

  test('gives loss and logits', () => {
    expect(graph.outputs.map(({ name }) => name).sort()).toEqual(['logits', 'loss'])
  })
})

describe('precision', () => {
  const rounded = (precision: 'float32' | 'bf16', accumulate = 1) =>
    trainingGraph(tinySpec, tinyRecipe({ precision, accumulate })).nodes.filter(
      ({ attributes }) => attributes.precision === 'bf16',
    )

  test('bf16 rounds what all convolutions and their gradients multiply, and nothing else', () => {
    const convolutions = trainingGraph(tinySpec, tinyRecipe()).nodes.filter(({ op }) => op.startsWith('conv2d'))
    expect(rounded('bf16').map(({ op, path }) => [op, path])).toEqual(convolutions.map(({ op, path }) => [op, path]))
    expect(rounded('bf16', 2)).toHaveLength(2 * convolutions.length)
    expect(rounded('float32')).toEqual([])
  })
})

describe('weight decay', () => {
  const decays = (decayOn: 'all' | 'weights') =>
    trainingGraph(tinySpec, tinyRecipe({ decayOn, weightDecay: 0.5 }))
      .nodes.filter(({ op }) => op === 'sgd')
      .map(({ path, attributes }) => [path, (attributes as SgdAttributes).weightDecay] as const)

  test('all: acts on every parameter', () => {
    expect(decays('all').every(([, decay]) => decay === 0.5)).toBe(true)
  })

  test('weights: not on biases, scales and shifts', () => {
    for (const [path, decay] of decays('weights')) expect(decay, path).toBe(path.endsWith('.weight') ? 0.5 : 0)
    expect(new Set(decays('weights').map(([, decay]) => decay))).toEqual(new Set([0, 0.5]))
  })
})
