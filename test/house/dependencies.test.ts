/** Every dependency has a reason in docs/dependencies.md, and the lock file works with every registry. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTree, root } from './sources.js'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string> | undefined>
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']

test('docs/dependencies.md names exactly the dependencies of package.json', () => {
  const rows = read('docs/dependencies.md').matchAll(/^\| (`[^|]+?`) *\|/gm)
  const named = [...rows].flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name))
  const used = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}))
  expect(named.sort()).toEqual(used.sort())
})

test('the lock file names no registry', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { resolved?: string }> }
  const tied = Object.entries(packages).filter(([, { resolved }]) => resolved?.startsWith('http'))
  expect(tied.map(([name]) => name)).toEqual([])
})

test('no dependency of users runs a script when it is installed', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { dev?: boolean; hasInstallScript?: boolean }>
  }
  const scripts = Object.entries(packages).filter(
    ([name, { dev, hasInstallScript }]) => name && !dev && hasInstallScript,
  )
  expect(scripts.map(([name]) => name)).toEqual([])
})

test('every dependency is used', () => {
  const code = [...readTree('src', 'lab', 'scripts', 'test', 'native').values(), read('vitest.config.ts')].join('\n')
  const used = (name: string): boolean =>
    name.startsWith('@types/')
      ? name === '@types/node' || used(name.slice('@types/'.length))
      : new RegExp(`['"/]${name}['"/]`).test(code)
  expect(kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})).filter((name) => !used(name))).toEqual([])
})
