/** Comments and documents are written in plain sentences: subject, verb, object. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commentSentences, documentSentences, faultsOf, MOST_WORDS, type Sentence } from './prose.js'
import { readTree, root } from './sources.js'

/** Rooms whose sentences are checked. */
const rooms = [
  'api',
  'autodiff',
  'cli',
  'data',
  'engine',
  'formats',
  'graph',
  'inference',
  'model',
  'ops',
  'plan',
  'spec',
  'studies',
  'tasks',
  'train',
  'util',
]

/** Documents whose sentences are checked. */
const documents = [
  'api',
  'architecture',
  'benchmarks',
  'browser',
  'data',
  'dependencies',
  'engine',
  'extending',
  'finetune',
  'glossary',
  'lab',
  'predict',
  'questions',
  'results',
  'specs',
  'studies',
  'training',
  'upscaling',
  'weights',
]

const complaints = (sentences: readonly Sentence[]) =>
  sentences.flatMap(({ place, text }) => faultsOf(text).map((fault) => `${place}: ${fault}: ${text}`))

test('comments are read once', () => {
  const tree = readTree(...rooms.map((room) => `src/${room}`), 'lab/src', 'native', 'test/house')
  const own = [...tree].filter(([file]) => !/^test\/house\/prose/.test(file))
  expect(complaints(own.flatMap(([file, text]) => commentSentences(file, text)))).toEqual([])
})

test('documents are read once', () => {
  const files = ['README.md', ...documents.map((name) => `docs/${name}.md`)]
  const sentences = files.flatMap((file) => documentSentences(file, readFileSync(join(root, file), 'utf8')))
  expect(complaints(sentences)).toEqual([])
})

describe('the rules', () => {
  test.each([
    ['What a step reads.', 'opens with a clause'],
    ['Whoever waits hears of it.', 'opens with a clause'],
    ['Of which the last comes first.', 'opens with a clause'],
    ['That of the whole network.', 'opens with a pronoun'],
    ['Of the whole test set, after the last epoch.', 'opens with its genitive'],
    ['A list of channels, of which the last is black.', 'turns its clause around'],
    ['The net is cut, and by it are lost both halves.', 'turns its clause around'],
    ['Errors in percent, one a seed.', 'says "a" for "per"'],
    ["Pictures of one's own.", 'says "one\'s own"'],
    ['Of both the larger one.', 'opens with its genitive'],
    ['Where nothing is frozen.', 'is a clause without a sentence'],
    ['A tool for whoever asks.', 'hides its subject'],
    ['Two folders, which both are the part test.', 'read twice'],
    ['Training pictures a second.', 'says "a" for "per"'],
    [`It ${'goes on and '.repeat(14)}ends.`, `has 44 words`],
  ])('refuse "%s"', (text, fault) => {
    expect(faultsOf(text).join()).toContain(fault)
  })

  test.each([
    'Clips gradients. `clipNorm` bounds the norm of all gradients taken together.',
    'Whether a value is an output of the graph.',
    'What happens when a block is gone?',
    'Of the 17 trials, three fail.',
    'Where a norm follows, the bias is left out.',
    'Results have the same bits, whatever the number of threads.',
    'Errors in percent, one per seed.',
    `It takes ${'x = y · z; '.repeat(40)} in order.`,
  ])('accept "%s"', (text) => {
    expect(faultsOf(text)).toEqual([])
  })

  test('read comments of every kind, sentence by sentence', () => {
    const text = '/** One. Two\n * lines.\n * @param a third\n */\nconst a = 1 // not this\n  // Four.\n<!-- Five. -->'
    expect(commentSentences('a.ts', text)).toEqual([
      { place: 'a.ts:1', text: 'One.' },
      { place: 'a.ts:1', text: 'Two lines.' },
      { place: 'a.ts:1', text: '@param a third' },
      { place: 'a.ts:6', text: 'Four.' },
      { place: 'a.ts:7', text: 'Five.' },
    ])
  })

  test('read documents without code, tables and headings', () => {
    const text = '# Title\n\nOne. Two\nlines.\n\n- An item.\n\n| a | b |\n\n```\nWhat a code\n```\n'
    expect(documentSentences('a.md', text).map(({ text: sentence }) => sentence)).toEqual([
      'One.',
      'Two lines.',
      'An item.',
    ])
  })

  test(`allow ${MOST_WORDS} words`, () => {
    expect(faultsOf(`${'word '.repeat(MOST_WORDS - 1)}end.`)).toEqual([])
    expect(faultsOf(`${'word '.repeat(MOST_WORDS)}end.`)).toHaveLength(1)
  })
})
