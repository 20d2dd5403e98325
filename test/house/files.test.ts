/** Rules that every file of code keeps. */
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { readTree, root } from './sources.js'

const sources = [...readTree('src', 'lab', 'native', 'scripts', 'test')]

test('every file opens with a comment that says what it is for', () => {
  const own = sources.filter(([file]) => !file.startsWith('test/')) // a test's name says it
  const without = own.filter(([, text]) => !/^(#!.*\n)?\s*(\/\*\*|\/\/|<!--)/.test(text)).map(([file]) => file)
  expect(without).toEqual([])
})

test('no file is longer than 500 lines', () => {
  const long = sources.map(([file, text]) => `${file}: ${text.split('\n').length} lines`)
  expect(long.filter((line) => Number(/(\d+) lines$/.exec(line)![1]) > 500)).toEqual([])
})

test('comments open with a subject: not with what, whatever, whoever or of which', () => {
  const opens = /^\s*(?:\/\*\*?|\*|\/\/|<!--)\s+(?:What|Whatever|Whoever|Of which)\b/
  const found = sources
    .filter(([file]) => !file.startsWith('test/'))
    .flatMap(([file, text]) => text.split('\n').map((line, at) => ({ line, where: `${file}:${at + 1}` })))
  expect(found.filter(({ line }) => opens.test(line)).map(({ where }) => where)).toEqual([])
})

/** Rooms that are one table with one file per row. */
const tables = ['src/ops', 'src/engine/reference', 'src/studies', 'native']

test('no folder holds more than 20 files, but for tables with a file a row', () => {
  const counts = new Map<string, number>()
  for (const [file] of sources) counts.set(posix.dirname(file), (counts.get(posix.dirname(file)) ?? 0) + 1)
  const crowded = [...counts].filter(([folder, count]) => count > 20 && !tables.includes(folder))
  expect(crowded.map(([folder, count]) => `${folder}: ${count} files`)).toEqual([])
})

test('the entries hold exports and no logic', () => {
  for (const [file, text] of sources.filter(([file]) => /^src\/(index|node)\.ts$/.test(file))) {
    const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
    const other = statements.filter((statement) => !ts.isExportDeclaration(statement))
    expect(other.map((statement) => `${file}: ${ts.SyntaxKind[statement.kind]}`)).toEqual([])
  }
})

test('CONTRIBUTING names every room', () => {
  const tree = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  const rooms = new Set(sources.map(([file]) => /^(src\/[^/]+\/|lab\/|native\/|scripts\/)/.exec(file)?.[1]))
  rooms.delete(undefined)
  rooms.delete('src/engine/') // named by its parts
  expect([...rooms].filter((room) => !tree.includes(`\n${room} `))).toEqual([])
})
