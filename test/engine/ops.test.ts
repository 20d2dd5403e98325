/** Every operation on every engine build against the float64 reference, over the table of cases. */
import { describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.js'
import { evaluateOutputs } from '../../src/engine/reference/evaluate.js'
import { compileGraph } from '../../src/inference/compile.js'
import { ops } from '../../src/ops/index.js'
import type { Case } from './case.js'
import { cases } from './cases.js'
import { describeEngines } from './engines.js'
import { measure } from './measure.js'
import { tolerances } from './tolerances.js'

/** What the reference gives, computed once for all engines. */
const wanted = new Map<Case, ReadonlyMap<string, Float64Array>>()

function wantedOf(one: Case): ReadonlyMap<string, Float64Array> {
  const known = wanted.get(one) ?? evaluateOutputs(one.graph, one.inputs())
  wanted.set(one, known)
  return known
}

async function runOn(engine: Engine, { graph, inputs }: Case): Promise<Map<string, Float32Array>> {
  const executable = await compileGraph(engine, graph)
  for (const [name, data] of inputs()) executable.write(name, data)
  await executable.run()
  const outputs = new Map<string, Float32Array>()
  for (const { name } of graph.outputs) outputs.set(name, await executable.read(name))
  await executable.dispose()
  return outputs
}

describe('the table of cases', () => {
  test('has a title of its own for each', () => {
    const titles = cases.map(({ title }) => title)
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([])
  })

  test('covers every operation', () => {
    const covered = new Set(cases.flatMap(({ graph }) => graph.nodes.map(({ op }) => op)))
    expect(Object.keys(ops).filter((op) => !covered.has(op))).toEqual([])
  })
})

await describeEngines((engine) => {
  for (const one of cases)
    test(one.title, async () => {
      const got = await runOn(engine(), one)
      for (const [name, values] of wantedOf(one)) {
        const { max, rms } = measure(got.get(name)!, values, one.scales?.[name])
        const tolerance = one.tolerances?.[name] ?? tolerances[one.op]
        expect(max, `largest error of ${name}`).toBeLessThanOrEqual(tolerance.max)
        expect(rms, `rms error of ${name}`).toBeLessThanOrEqual(tolerance.rms)
      }
    })
})
