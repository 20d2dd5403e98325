/** The tier below specs is small, its values have docstrings and examples, and studies use no more of its rooms. */
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import * as graph from '../../src/graph.js'
import * as index from '../../src/index.js'
import * as studies from '../../src/studies.js'
import { readTree, root } from './sources.js'

const values = Object.keys(graph)

test('it has at most 60 values', () => {
  expect(values.length).toBeGreaterThan(20)
  expect(values.length).toBeLessThanOrEqual(60)
})

test('each value is used by an example that runs', () => {
  const text = [...readTree('examples').values()].map((source) =>
    source.replace(/^import [^;]*? from '[^'\n]*'$/gm, ''),
  )
  expect(values.filter((name) => !text.some((code) => new RegExp(`\\b${name}\\b`).test(code)))).toEqual([])
})

test('each value has a docstring', () => {
  const entry = join(root, 'src/graph.ts')
  const program = ts.createProgram([entry], { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2023 })
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!
  const bare = checker
    .getExportsOfModule(module)
    .filter(({ name }) => values.includes(name))
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter((symbol) => symbol.getDocumentationComment(checker).length === 0)
  expect(bare.map(({ name }) => name)).toEqual([])
})

/** Rooms that the tier opens. */
const opened = /^\.\.\/(graph|ops|autodiff|plan|engine|model|inference\/(session|compile|weights)|train\/step)[/.]/

test('what studies take from the rooms that it opens is public', () => {
  const known = new Set([...values, ...Object.keys(index), ...Object.keys(studies), ...Object.keys(graph.ops)])
  const hidden = [...readTree('src/studies')].flatMap(([file, text]) => {
    const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
    return statements.filter(ts.isImportDeclaration).flatMap(({ importClause, moduleSpecifier }) => {
      const from = (moduleSpecifier as ts.StringLiteral).text
      const names = importClause?.namedBindings
      if (!opened.test(from) || !names || !ts.isNamedImports(names) || importClause.isTypeOnly) return []
      const taken = names.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text)
      return taken.filter((name) => !known.has(name)).map((name) => `${file}: ${name}`)
    })
  })
  expect(hidden).toEqual([])
})
