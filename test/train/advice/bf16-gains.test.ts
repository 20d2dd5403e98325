/** What is said of a training in bf16 that gains nothing by it. */
import { expect, test } from 'vitest'
import type { Bf16Unit } from '../../../src/ops/precision.js'
import { preset } from '../../../src/spec/presets.js'
import { precisionAdvice } from '../../../src/train/advice/bf16-gains.js'

const advice = (
  name: 'resnet20' | 'resnet56' | 'resnet18' | 'resnet110',
  bf16: Bf16Unit | undefined,
  build = 'native-avx512',
) => precisionAdvice(preset(name), { precision: 'bf16' }, { build, bf16 })

test('where it was measured to be slower, or no faster', () => {
  expect(advice('resnet56', 'tiles')).toBe(
    'precision bf16 is no faster here: on the tile unit (AMX) resnet56 trains 0.90 times as fast as in float32, as measured; use float32',
  )
  expect(advice('resnet20', 'tiles')).toContain('resnet20 trains 0.95 times as fast as in float32')
  expect(advice('resnet18', 'tiles')).toContain('resnet18 trains as fast as in float32, as measured')
})

test('where nobody has measured it, with what is known of others', () => {
  expect(advice('resnet110', 'tiles')).toBe(
    'precision bf16 may be no faster here: on the tile unit (AMX) resnet110 at 32 pixels was not measured; for other nets ' +
      'its speed relative to float32 is resnet20 at 32 pixels 0.95, resnet56 at 32 pixels 0.90, resnet18 at 224 pixels 1.00',
  )
  const small = preset('resnet18', { input: { channels: 3, height: 32, width: 32 } })
  expect(precisionAdvice(small, { precision: 'bf16' }, { build: 'native-avx512', bf16: 'vectors' })).toContain(
    'on vectors (vdpbf16ps) resnet18 at 32 pixels was not measured',
  )
})

test('on an engine that only rounds', () => {
  expect(advice('resnet20', undefined, 'reference')).toBe(
    'precision bf16 is no faster on reference: it has no bf16 unit and only rounds',
  )
})

test('nothing where it is faster, and nothing of float32', () => {
  expect(advice('resnet18', 'vectors')).toBeUndefined()
  expect(advice('resnet20', 'vectors')).toBeUndefined()
  expect(
    precisionAdvice(preset('resnet56'), { precision: 'float32' }, { build: 'native-avx512', bf16: 'tiles' }),
  ).toBeUndefined()
})
