// The table of heads: specs of older versions, kinds that are unknown, rows of one's own.
import { expect, test } from 'vitest'
import { forwardGraph } from '../../src/model/forward.js'
import type { ModelHead } from '../../src/model/heads/head.js'
import { heads } from '../../src/model/heads/index.js'
import { depthOf } from '../../src/spec/blocks.js'
import type { SpecHead } from '../../src/spec/heads/head.js'
import { plainTwin } from '../../src/spec/plain-twin.js'
import { preset } from '../../src/spec/presets.js'
import type { ClassifierHead, HeadKind, HeadSpec, NetworkSpec } from '../../src/spec/spec.js'
import { validateSpec } from '../../src/spec/validate.js'
import { ConfigError } from '../../src/util/errors.js'

const spec = preset('resnet8')
const { kind: _, ...old } = spec.head

test('a head without a kind, as older versions wrote it, is completed as a classifier', () => {
  expect(validateSpec({ ...spec, head: old })).toEqual(spec)
  expect(validateSpec(spec)).toBe(spec)
  expect(() => validateSpec({ ...spec, head: {} })).toThrow('head: norm must be true or false, got nothing')
})

test('a kind that is asked for narrows the type, and is looked at', () => {
  const classifier: NetworkSpec<ClassifierHead> = validateSpec({ ...spec, head: old }, 'classifier')
  expect(classifier.head.classes).toBe(10)
  expect(() => validateSpec(preset('vdsr20'), 'classifier')).toThrow(
    new ConfigError('head: kind must be "classifier", got "picture"'),
  )
})

test('a preset has the type of its head', () => {
  expect(preset('resnet20').head.classes).toBe(10)
  expect(preset('vdsr20').head.enlarge).toBe(1)
  // @ts-expect-error a net that upscales pictures has no classes
  expect(preset('vdsr20').head.classes).toBeUndefined()
  const twin = plainTwin(preset('edsr_baseline'))
  expect(twin.head.shortcut).toBe('none')
})

test('a kind that no table has is one error', () => {
  const strange = { ...spec, head: { kind: 'boxes', anchors: 9 } }
  const message = 'head: kind must be one of classifier, picture, got "boxes"'
  for (const look of [
    () => validateSpec(strange),
    () => forwardGraph(strange, { batch: 1, mode: 'inference' }),
    () => depthOf(strange),
    () => plainTwin(strange),
  ])
    expect(look).toThrow(new ConfigError(message))
  const inherited = { ...spec, head: { kind: 'toString' } }
  expect(() => validateSpec(inherited)).toThrow('head: kind must be one of classifier, picture, got "toString"')
})

interface TwoAnswersHead {
  readonly kind: 'two-answers'
  readonly classes: number
}

/** Reads two stages and gives two answers. */
const twoAnswers: ModelHead<TwoAnswersHead> = {
  task: 'compare',
  check: () => {},
  depth: () => 1,
  plainTwin: (head) => head,
  reads: () => ['stage1', 'stage3'],
  answers: () => ({ classes: [] }),
  misfit: () => undefined,
  summary: () => 'two answers',
  does: () => 'gives two answers',
  lacks: 'gives one answer only',
  outputs: ['early', 'late'],
  truths: ['labels'],
  losses: ['cross-entropy'],
  addTruths: (layers, _, batch) => ({ labels: layers.labels(batch) }),
  build: (layers, { classes }, { maps: [early, late] }) => ({
    early: layers.linear('head.early', layers.globalAveragePool('head.pool1', early!), classes),
    late: layers.linear('head.late', layers.globalAveragePool('head.pool2', late!), classes),
  }),
  addLoss: (layers, { early, late }, { labels }) =>
    layers.add('loss', layers.loss('loss1', early!, labels!, 0), layers.loss('loss2', late!, labels!, 0)),
  deviation: () => undefined,
  zeroed: () => [],
  lone: () => undefined,
  lastLayers: () => ['head.early', 'head.late'],
  axes: () => ({ pictures: ['batch'], outputs: { early: ['batch'], late: ['batch'] } }),
}

test('a table that is handed in may have a row more, for a head with several stages and outputs', () => {
  const own: NetworkSpec<TwoAnswersHead> = { ...spec, head: { kind: 'two-answers', classes: 4 } }
  const table = { ...heads, 'two-answers': twoAnswers }
  const graph = forwardGraph(own, { batch: 2, mode: 'training', heads: table })
  const shapes = graph.outputs.map(({ name, value }) => [name, value.type.shape])
  expect(shapes).toEqual([
    ['early', [2, 4]],
    ['late', [2, 4]],
    ['loss', []],
  ])
  const weight = graph.inputs.find(({ name }) => name === 'head.early.weight')
  expect(weight?.value.type.shape).toEqual([4, 16])
  expect(depthOf(own, table)).toBe(8)
})

test('the compiler names a row that is missing', () => {
  type Row<K extends string> = SpecHead<Extract<HeadSpec | TwoAnswersHead, { kind: K }>>
  // @ts-expect-error the table lacks the row of the new kind
  const table: { readonly [K in HeadKind | 'two-answers']: Row<K> } = { ...heads }
  expect(Object.keys(table)).toEqual(['classifier', 'picture'])
})
