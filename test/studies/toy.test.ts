/** Every study runs from end to end on small nets and few pictures, and what it tells can be drawn. */
import { afterAll, expect, test } from 'vitest'
import { drawFigure } from '../../src/cli/report/figures.js'
import { complexity } from '../../src/model/complexity.js'
import { studies } from '../../src/studies/index.js'
import { identityOf } from '../../src/studies/outlook.js'
import { runStudy } from '../../src/studies/run.js'
import type { Training } from '../../src/studies/workbench.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import { engine, testBench } from './bench.js'

afterAll(() => engine.dispose())

const bench = testBench({ depths: [8, 14] })

test.each(studies.map((study) => [study.name, study] as const))('%s', async (_, study) => {
  const asked: Training[] = []
  const listening = new Proxy(bench, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target)
      if (name !== 'train') return typeof own === 'function' ? own.bind(target) : own
      return (...[spec, recipe, seed, start]: Parameters<typeof bench.train>) => {
        asked.push({ spec, recipe, seed })
        return bench.train(spec, recipe, seed, start)
      }
    },
  })
  const result = await runStudy(study, listening)
  // Nets that begin with weights are foretold by others of the same size, recipe and seed.
  const sizes = (trainings: readonly Training[]) =>
    [...new Map(trainings.map((training) => [identityOf(training), training])).values()]
      .map(({ spec, recipe, seed }) => `${complexity(spec).macs} ${seed} ${JSON.stringify(completeRecipe(recipe))}`)
      .sort()
  expect(sizes(asked)).toEqual(sizes(study.trainings?.(bench) ?? []))
  expect(result.claims.map(({ id }) => id)).toEqual(Object.keys(study.claims))
  for (const { measured, verdict, rule } of result.claims) {
    expect(rule).not.toMatch(/undefined|NaN/)
    if (measured !== null) expect(Number.isFinite(measured)).toBe(true)
    expect(verdict).toMatch(/holds|does-not-hold|inconclusive/)
  }
  for (const figure of result.figures) expect(drawFigure(figure)).not.toMatch(/NaN|undefined|Infinity/)
  for (const { what, values } of result.rows) expect(values.every(Number.isFinite), what).toBe(true)
})

test('what is exact is so in a toy too', async () => {
  const exact = {
    degradation: ['equal-cost'],
    construction: ['residual-exact'],
    identity: ['zero-branch-post', 'zero-branch-pre'],
  }
  for (const [name, ids] of Object.entries(exact)) {
    const { claims } = await runStudy(studies.find((study) => study.name === name)!, bench)
    for (const id of ids)
      expect(
        claims.find((claim) => claim.id === id),
        `${name} ${id}`,
      ).toMatchObject({ verdict: 'holds' })
  }
  const construction = await runStudy(studies.find(({ name }) => name === 'construction')!, bench)
  expect(construction.claims.find(({ id }) => id === 'plain-exists')!.measured).toBeLessThan(1e-5)
  const propagation = await runStudy(studies.find(({ name }) => name === 'propagation')!, bench)
  expect(propagation.claims.find(({ id }) => id === 'additive')!.measured).toBeLessThan(1e-5)
})
