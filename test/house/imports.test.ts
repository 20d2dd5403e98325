/** Checks the sources against the import rule, and the rule itself against trees that break it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cycles, violations } from './rooms.js'
import { readTree, root, type Tree } from './sources.js'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>
}

describe('the sources', () => {
  const tree = readTree('src', 'lab', 'examples', 'bench')

  test('are found', () => {
    expect(tree.size).toBeGreaterThan(20)
    expect([...tree.keys()]).toContain('src/graph/graph.ts')
  })

  test('import only upwards', () => {
    expect(violations(tree, Object.keys(manifest.dependencies))).toEqual([])
  })

  test('have no cycles', () => {
    expect(cycles(tree)).toEqual([])
  })
})

describe('the import rule', () => {
  const breaches = (files: Record<string, string>) => violations(new Map(Object.entries(files)), ['commander'])
  const shape = { 'src/util/shape.ts': 'export type Shape = number[]' }

  test('lets a room import those above it, near and far', () => {
    const graph = { 'src/graph/graph.ts': `import type { Shape } from '../util/shape.js'` }
    const ops = { 'src/ops/add.ts': `export { x } from '../graph/graph.js'\nimport '../util/shape.js'` }
    expect(breaches({ ...shape, ...graph, ...ops })).toEqual([])
  })

  test.each([
    ['an import', `import { add } from '../ops/add.js'`],
    ['a type import', `import type { add } from '../ops/add.js'`],
    ['an export', `export * from '../ops/add.js'`],
    ['a dynamic import', `const add = await import('../ops/add.js')`],
    ['a type in place', `type Add = typeof import('../ops/add.js')`],
  ])('catches %s downwards', (_, text) => {
    expect(breaches({ 'src/util/bad.ts': text, 'src/ops/add.ts': '' })).toEqual([
      'src/util/bad.ts: imports src/ops/add.ts, but src/util/ may not import src/ops/',
    ])
  })

  test('catches an engine that imports another', () => {
    const files = { 'src/engine/cpu/a.ts': `import '../reference/b.js'`, 'src/engine/reference/b.ts': '' }
    expect(breaches(files)).toEqual([
      'src/engine/cpu/a.ts: imports src/engine/reference/b.ts, but src/engine/cpu/ may not import src/engine/reference/',
    ])
  })

  test('lets the kernel lab, and no other bench, see inside', () => {
    const lab = { 'bench/kernels/lab.mjs': `import '../../dist/ops/add.js'`, 'src/ops/add.ts': '' }
    expect(breaches(lab)).toEqual([])
    expect(breaches({ 'bench/a.mjs': `import '../dist/ops/add.js'`, 'src/ops/add.ts': '' })).toEqual([
      'bench/a.mjs: imports src/ops/add.ts, but bench/ sees these entries only (src/internal.ts, src/internal.node.ts)',
    ])
  })

  test('catches Node where browsers load', () => {
    const files = {
      'src/data/files.node.ts': `import 'node:fs'`,
      'src/data/builtin.ts': `import { readFileSync } from 'node:fs'\nimport './files.node.js'`,
    }
    expect(breaches(files)).toEqual([
      'src/data/builtin.ts: imports node:fs, but only *.node.ts, src/node.ts and src/cli may use Node',
      'src/data/builtin.ts: imports src/data/files.node.ts, but that file needs Node and this one may not',
    ])
  })

  test('catches packages that users do not install, and packages where browsers load', () => {
    const files = { 'src/cli/main.ts': `import 'commander'\nimport 'esbuild'`, 'src/api/a.ts': `import 'commander'` }
    expect(breaches(files)).toEqual([
      'src/cli/main.ts: imports esbuild, which is no dependency that users install',
      'src/api/a.ts: imports commander, but packages stay out of what browsers load',
    ])
  })

  test('catches a command line that reaches behind the public exports', () => {
    const files = {
      ...shape,
      'src/internal.node.ts': '',
      'src/cli/main.ts': `import '../internal.node.js'\nimport '../util/shape.js'`,
    }
    expect(breaches(files)).toEqual([
      'src/cli/main.ts: imports src/util/shape.ts, but src/cli/ sees these entries only (src/internal.ts, src/internal.node.ts)',
    ])
  })

  test('catches files in no room and imports of nothing', () => {
    expect(breaches({ 'src/helpers/x.ts': '', 'src/util/y.ts': `import './gone.js'` })).toEqual([
      'src/helpers/x.ts: belongs to no room of the house',
      'src/util/y.ts: imports src/util/gone.js, which does not exist',
    ])
  })

  test('catches a cycle of three files, by types too', () => {
    const tree: Tree = new Map([
      ['src/util/a.ts', `import './b.js'`],
      ['src/util/b.ts', `import type { C } from './c.js'`],
      ['src/util/c.ts', `export * from './a.js'`],
    ])
    expect(cycles(tree)).toEqual(['src/util/a.ts > src/util/b.ts > src/util/c.ts > src/util/a.ts'])
  })
})
