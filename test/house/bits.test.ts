/** Code that affects the bits of a training uses only arithmetic that is exact everywhere. */
import { describe, expect, test } from 'vitest'
import { unstableBits } from './bits.js'
import { readTree } from './sources.js'

/** Initialisation, augmentation, schedules, built-in pictures, and everything between a spec and a plan. */
const feedsBits = [
  'src/util/',
  'src/graph/',
  'src/ops/',
  'src/autodiff/',
  'src/spec/',
  'src/model/',
  'src/plan/',
  'src/data/',
  'src/train/schedule/',
  'src/train/step/',
  'src/tasks/recipe',
]

/** The code that may stop a slow reading looks at the clock. It never changes the result. */
const clocks = /^src\/util\/budget\.ts:\d+: performance changes/

test('the sources that feed bits are stable', () => {
  const files = [...readTree('src')].filter(([file]) => feedsBits.some((start) => file.startsWith(start)))
  expect(files.length).toBeGreaterThan(20)
  const found = files.flatMap(([file, text]) => unstableBits(file, text))
  expect(found.filter((line) => !clocks.test(line))).toEqual([])
})

describe('the check', () => {
  const check = (text: string) => unstableBits('a.ts', text)

  test('lets exact arithmetic pass', () => {
    expect(check('Math.sqrt(2) * Math.PI + Math.imul(3, 4); table.Date; ({ crypto: 1 })')).toEqual([])
  })

  test.each(['exp', 'log', 'log2', 'log1p', 'expm1', 'pow', 'sin', 'cos', 'tan', 'tanh', 'atan2', 'hypot', 'cbrt'])(
    'catches Math.%s',
    (name) => {
      expect(check(`const a = 1\nconst b = Math.${name}(a)`)).toEqual([
        `a.ts:2: Math.${name} may differ in the last bit between V8 versions; use src/util/math.ts`,
      ])
    },
  )

  test.each([
    ['2 ** 0.5', '** may differ in the last bit between V8 versions; multiply, or use src/util/math.ts'],
    ['a **= 2', '** may differ in the last bit between V8 versions; multiply, or use src/util/math.ts'],
    ['Math.random()', 'Math.random has no seed; use src/util/random.ts'],
    [`Math['exp'](1)`, 'Math must be used as Math.name, so that the name can be checked'],
    ['const { exp } = Math', 'Math must be used as Math.name, so that the name can be checked'],
    ['Date.now()', 'Date changes from run to run'],
    ['performance.now()', 'performance changes from run to run'],
    ['crypto.getRandomValues(a)', 'crypto changes from run to run'],
  ])('catches %s', (text, reason) => {
    expect(check(text)).toEqual([`a.ts:1: ${reason}`])
  })
})
