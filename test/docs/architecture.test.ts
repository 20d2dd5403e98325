/** The architecture's document: the files that it names are there. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../house/sources.js'

test('each file and folder that is named exists', () => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const named = [...text.matchAll(/`((?:src|lab|native|test|scripts|docs|bench)\/[\w./-]*)`/g)].map(([, path]) => path!)
  const paths = named.filter((path) => !/[A-Z]{2}/.test(path)) // NAME stands for the reader's own
  expect(paths.length).toBeGreaterThan(40)
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})
