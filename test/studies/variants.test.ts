/** Variants set side by side, of which somebody may want only some. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { activations } from '../../src/studies/activations.js'
import { dense } from '../../src/studies/dense.js'
import { depth } from '../../src/studies/depth.js'
import type { LinesFigure } from '../../src/studies/figure.js'
import { jump } from '../../src/studies/jump.js'
import { type Paths, paths } from '../../src/studies/paths.js'
import { runStudy, settle } from '../../src/studies/run.js'
import { shortcuts } from '../../src/studies/shortcuts.js'
import type { AnyStudy } from '../../src/studies/study.js'
import { type VariantErrors, wantedOf } from '../../src/studies/variants.js'
import { engine, testBench } from './bench.js'

afterAll(() => engine.dispose())

test('variants are named as they can be typed; without any, all are wanted', () => {
  const names = ['original', 'shortcut × 0.5', 'gate, bias −6']
  expect([...wantedOf({}, names)]).toEqual(names)
  expect([...wantedOf({ variants: ['Shortcut x 0.5', 'gate, bias -6'] }, names)]).toEqual(names.slice(1))
  expect(() => wantedOf({ variants: ['original', 'gate'] }, names)).toThrow(
    'variant gate: there is none of this name here; there are original; shortcut × 0.5; gate, bias −6',
  )
})

test('only the variants that are wanted are trained, two studies share the original, and other claims stay open', async () => {
  const bench = testBench({ variants: ['original', '1x1 convolution'] })
  const result = await runStudy(shortcuts, bench)
  const trained = () => readdirSync(join(bench.folder, 'nets')).length
  expect(trained()).toBe(2)
  const { errors } = result.measured as { errors: VariantErrors[] }
  expect(errors.filter(({ test }) => test.length === 1).map(({ name }) => name)).toEqual([
    'original',
    '1×1 convolution',
  ])
  const open = result.claims.filter(({ measured }) => measured === null)
  expect(open.map(({ id }) => id)).toEqual([
    'identity-best',
    'gates-hurt',
    'gate-nearly-open',
    'it-is-optimisation',
    'not-just-anything',
  ])
  for (const { verdict, rule } of open)
    expect([verdict, rule]).toEqual(['inconclusive', expect.stringMatching(/\(not run\)$/)])
  expect(result.claims.find(({ id }) => id === 'convolution-hurts')!.measured).toBe(
    errors[9]!.test[0]! - errors[0]!.test[0]!,
  )
  expect(result.figures).toMatchObject([
    { kind: 'bars', bars: [{ name: 'original' }, { name: '1×1 convolution' }] },
    { kind: 'bars', bars: [{ name: 'original' }, { name: '1×1 convolution' }] },
  ])
  expect(result.shrunk).toContain('only these were asked for: original; 1x1 convolution.')

  await runStudy(activations, testBench({ folder: bench.folder, variants: ['original', 'full pre-activation'] }))
  expect(trained()).toBe(3)
})

test('paths are looked at without their twin', async () => {
  const bench = testBench({ variants: ['whole net'] })
  const { claims, measured } = await runStudy(paths, bench)
  expect(readdirSync(join(bench.folder, 'nets'))).toHaveLength(1)
  expect((measured as Paths).errors).toEqual({ whole: [expect.any(Number)], effective: [] })
  expect(claims.filter((claim) => claim.measured === null).map(({ id }) => id)).toEqual(['effective-suffice'])
})

const kinds = ['plain', 'residual', 'residual from zero']
const orders = ['original', 'pre-activation']
test.each<[string, AnyStudy, Record<string, readonly VariantErrors[]>]>([
  ['jump', jump, { errors: ['1 layer', '2 layers', '3 layers', '4 layers', '9 layers', 'none'].map(only('2 layers')) }],
  ['depth', depth, { errors: each(orders, [20, 110]).map(only('original 20')) }],
  [
    'dense',
    dense,
    { errors: each(kinds, [4, 50]).map(only('plain 4')), widening: ['W_s learned', 'W_s fixed'].map(only('')) },
  ],
])('%s: figures and claims leave out what was not run', (_, study, measured) => {
  const { claims, figures, rows } = settle(study, { depths: study === dense ? [4, 50] : [20, 110], ...measured })
  expect(claims.filter((claim) => claim.measured !== null)).toEqual([])
  const lines = figures as LinesFigure[]
  for (const { series, levels = [] } of lines) {
    const drawn = series.flatMap((line) => line.points.map(({ y }) => y))
    expect(new Set(drawn)).toEqual(new Set([50]))
    expect(levels).toEqual([])
  }
  expect(lines[0]!.series.flatMap((line) => line.points)).toHaveLength(study === jump ? 2 : 1)
  expect(rows.filter(({ values }) => values.length > 0)).toHaveLength(2)
})

/** Made-up errors: 50 % for the variant of this name, nothing for all others. */
function only(run: string) {
  return (name: string): VariantErrors => {
    const errors = name === run ? [50] : []
    return { name, train: errors, test: errors, lost: 0 }
  }
}

function each(names: readonly string[], depths: readonly number[]): string[] {
  return names.flatMap((name) => depths.map((layers) => `${name} ${layers}`))
}
