/** Networks cut in two: what is in the rest, and that names lead there and back. */
import { expect, test } from 'vitest'
import { forwardGraph } from '../../src/model/forward.js'
import { type Freeze, freezeLevels, splitNetwork } from '../../src/model/freeze.js'
import { parametersOf } from '../../src/model/parameters.js'
import { preset } from '../../src/spec/presets.js'
import type { NetworkSpec } from '../../src/spec/spec.js'
import { ConfigError } from '../../src/util/errors.js'

const inference = { batch: 1, mode: 'inference' } as const
const shapesOf = (spec: NetworkSpec) =>
  new Map(parametersOf(forwardGraph(spec, inference)).map(({ path, shape }) => [path, String(shape)]))

const specs = [preset('resnet20'), preset('preresnet164'), preset('resnet50', { classes: 5 })]
const cases = specs.flatMap((spec) => freezeLevels(spec).map((freeze) => [spec.name, freeze, spec] as const))

test.each(cases)('%s frozen up to %s', (_, freeze, spec) => {
  const cut = splitNetwork(spec, freeze)
  const whole = shapesOf(spec)
  const { outputs } = forwardGraph(spec, { ...inference, taps: cut.at ? [cut.at] : [] })
  const [, channels = 3, height = 1, width = 1] = cut.at
    ? outputs.find(({ name }) => name === cut.at)!.value.type.shape
    : [0, spec.input.channels, spec.input.height, spec.input.width]
  const rest = shapesOf(cut.rest({ channels, height, width }))
  const moved = new Map([...rest].map(([path, shape]) => [cut.toWhole(path), shape]))
  expect([...moved].filter(([path, shape]) => whole.get(path) !== shape)).toEqual([])
  for (const path of whole.keys()) {
    const own = cut.toRest(path)
    expect(own === undefined ? moved.has(path) : rest.has(own) && cut.toWhole(own) === path).toBe(own !== undefined)
    if (own !== undefined) expect(cut.toWhole(cut.toRest(`velocity/${path}`)!)).toBe(`velocity/${path}`)
  }
  const learns = [...rest.keys()].filter((path) => /weight|scale|shift|bias/.test(path)).length
  if (freeze === 'all') expect([...rest.keys()]).toEqual(['head.classifier.weight', 'head.classifier.bias'])
  else expect(learns).toBeGreaterThanOrEqual(2)
})

test('the last stage of a net that ends in no norm is all of it', () => {
  expect(splitNetwork(preset('resnet20'), 'stage3').at).toBe('head.pool')
  expect(splitNetwork(preset('preresnet164'), 'stage3').at).toBe('stage3')
})

test('what a network does not have cannot be frozen', () => {
  expect(() => splitNetwork(preset('resnet20'), 'stage4')).toThrow(
    new ConfigError('freeze: resnet20 has no stage4; expected one of none, stem, stage1, stage2, stage3, all'),
  )
  expect(() => splitNetwork(preset('resnet20'), 'backbone' as Freeze)).toThrow(/resnet20 has no backbone/)
  expect(() => splitNetwork(preset('vdsr20'), 'all')).toThrow(
    new ConfigError('freeze: the last layers of vdsr20 cannot learn without what is before them; freeze less than all'),
  )
})
