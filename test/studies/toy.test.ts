/** Every study runs from end to end on small nets and few pictures, and what it tells can be drawn. */
import { afterAll, expect, test } from 'vitest'
import { drawFigure } from '../../src/cli/report/figures.js'
import { studies } from '../../src/studies/index.js'
import { runStudy } from '../../src/studies/run.js'
import { engine, testBench } from './bench.js'

afterAll(() => engine.dispose())

const bench = testBench({ depths: [8, 14] })

test.each(studies.map((study) => [study.name, study] as const))('%s', async (_, study) => {
  const result = await runStudy(study, bench)
  expect(result.claims.map(({ id }) => id)).toEqual(Object.keys(study.claims))
  for (const { measured, verdict, rule } of result.claims) {
    expect(rule).not.toMatch(/undefined|NaN/)
    if (measured !== null) expect(Number.isFinite(measured)).toBe(true)
    expect(verdict).toMatch(/holds|does-not-hold|inconclusive/)
  }
  for (const figure of result.figures) expect(drawFigure(figure)).not.toMatch(/NaN|undefined|Infinity/)
  for (const { what, values } of result.rows) expect(values.every(Number.isFinite), what).toBe(true)
})
