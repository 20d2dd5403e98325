/** The examples of docs/data.md run, and print what their comments say. */
import { expect, test } from 'vitest'
import { pageOf } from './examples.js'

const { blocks, runExample } = pageOf('data.md', () => {})

test.each(blocks('ts').map((code, i) => [i + 1, code] as const))('example %i', (_, code) => {
  const promised = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, comment]) => `${comment}\n`)
  expect(promised.length).toBeGreaterThan(0)
  expect(runExample(code)).toBe(promised.join(''))
})
