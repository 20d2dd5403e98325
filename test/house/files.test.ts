/** Habits of the house that every source file keeps. */
import ts from 'typescript'
import { expect, test } from 'vitest'
import { readTree } from './sources.js'

const sources = [...readTree('src')]

test('every file opens with a comment that says what it is for', () => {
  const without = sources.filter(([, text]) => !/^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(text)).map(([file]) => file)
  expect(without).toEqual([])
})

test('no file is longer than 500 lines', () => {
  const long = sources.map(([file, text]) => `${file}: ${text.split('\n').length} lines`)
  expect(long.filter((line) => Number(/(\d+) lines$/.exec(line)![1]) > 500)).toEqual([])
})

test('the entries hold exports and no logic', () => {
  for (const [file, text] of sources.filter(([file]) => /^src\/(index|node)\.ts$/.test(file))) {
    const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
    const other = statements.filter((statement) => !ts.isExportDeclaration(statement))
    expect(other.map((statement) => `${file}: ${ts.SyntaxKind[statement.kind]}`)).toEqual([])
  }
})
