/** Advice before a training. */
import { expect, test } from 'vitest'
import { preset, presetNames } from '../../src/spec/presets.js'
import { adviceFor } from '../../src/train/advice.js'

test('an ImageNet stem on small pictures is pointed out', () => {
  expect(adviceFor(preset('resnet18', { input: { channels: 3, height: 32, width: 32 } }))).toEqual([
    'resnet18 has a stem for large pictures: it shrinks 32x32 by 4 at once and to 1x1 in the end; ' +
      'nets such as resnet20 or resnet56 suit small pictures',
  ])
})

test('nets on the pictures they are made for need no advice', () => {
  for (const name of presetNames) expect(adviceFor(preset(name)), name).toEqual([])
  expect(adviceFor(preset('resnet20', { input: { channels: 3, height: 8, width: 8 } }))).toEqual([])
})
