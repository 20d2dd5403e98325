// Networks nobody has thought of: any valid spec becomes a valid graph, with the parameters that can be counted by hand.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { complexity } from '../../src/model/complexity.js'
import { forwardGraph } from '../../src/model/forward.js'
import { verify } from '../../src/ops/index.js'
import { classifierOf } from '../../src/spec/heads/index.js'
import type { NetworkSpec } from '../../src/spec/spec.js'
import { validateSpec } from '../../src/spec/validate.js'
import { block, conv } from './any-block.js'

const network: fc.Arbitrary<NetworkSpec> = fc
  .record({
    stem: fc.array(fc.oneof(conv, fc.constant({ kind: 'norm' } as const), fc.constant({ kind: 'relu' } as const)), {
      maxLength: 4,
    }),
    stages: fc.array(fc.record({ blocks: fc.array(block, { minLength: 1, maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
    norm: fc.boolean(),
  })
  .map(({ stem, stages, norm }) => ({
    format: 1,
    name: 'random',
    input: { channels: 2, height: 33, width: 17 },
    stem,
    stages,
    head: { kind: 'classifier', norm, classes: 3 },
  }))

/** Parameters counted layer by layer, or undefined where a pad shortcut would narrow. */
function countByHand(spec: NetworkSpec): number | undefined {
  const { stem, stages } = spec
  let channels = 2
  let count = 0
  for (const layer of stem)
    if (layer.kind === 'conv') {
      count += layer.width * channels * layer.kernel ** 2 + (layer.bias ? layer.width : 0)
      channels = layer.width
    } else if (layer.kind === 'norm') count += 2 * channels
  for (const { branch, stride, order, shortcut, norm, gate } of stages.flatMap(({ blocks }) => blocks)) {
    const before = channels
    for (const { width, kernel, bias } of branch) {
      count += width * channels * kernel ** 2 + (bias ? width : 0)
      if (norm) count += 2 * (order === 'pre' ? channels : width)
      channels = width
    }
    if (gate) count += (before + 1) * channels
    const changes = stride === 2 || channels !== before
    if (shortcut === 'pad' && channels < before) return undefined
    if (shortcut === 'project-always' || (shortcut === 'project-on-change' && changes))
      count += before * channels + (norm && order !== 'pre' && order !== 'norm-after-add' ? 2 * channels : 0)
  }
  return count + (classifierOf(spec).norm ? 2 * channels : 0) + 3 * channels + 3
}

test('any valid spec becomes a valid graph', () => {
  let built = 0
  fc.assert(
    fc.property(network, (spec) => {
      const params = countByHand(spec)
      if (params === undefined) {
        expect(() => validateSpec(spec)).toThrow(/cannot narrow/)
        return
      }
      expect(validateSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec)
      const graph = verify(forwardGraph(spec, { batch: 2, mode: 'training' }))
      expect(graph.outputs.map(({ value }) => value.type.shape)).toEqual([[2, 3], []])
      expect(complexity(spec).params).toBe(params)
      built += 1
    }),
    { numRuns: 200, seed: 1 },
  )
  expect(built).toBeGreaterThan(50)
})
