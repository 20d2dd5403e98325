/** Installing always works: in a folder with spaces, without a compiler, and with scripts off. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from './sources.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet install '))
const checkout = join(folder, 'a fresh checkout')
const tools = join(folder, 'bin')

/** Number of sources that are compiled again. */
const COMPILED = 3

/** Runs Node in the fresh checkout with only Node on the PATH. */
function node(...args: string[]) {
  const { CC, CXX, npm_config_python, ...env } = process.env
  return spawnSync('node', args, { cwd: checkout, env: { ...env, PATH: tools }, encoding: 'utf8' })
}

beforeAll(() => {
  const made = new Set(['node_modules', '.git', 'dist', 'runs', join('native', 'build')])
  cpSync(root, checkout, { recursive: true, filter: (path) => !made.has(relative(root, path).replaceAll('/', sep)) })
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'), 'dir')
  // Objects of an earlier build of this checkout. The smallest are left out, so that the compiler must run.
  const [kept, copied] = [root, checkout].map((folder) => join(folder, 'native/build/obj-wasm')) as [string, string]
  const objects = existsSync(kept)
    ? readdirSync(kept).map((name) => [name, statSync(join(kept, name)).size] as const)
    : []
  objects.sort(([, a], [, b]) => a - b)
  mkdirSync(copied, { recursive: true })
  for (const [name] of objects.slice(COMPILED)) cpSync(join(kept, name), join(copied, name))
  mkdirSync(tools)
  symlinkSync(process.execPath, join(tools, 'node'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('with scripts off nothing is built, and the command line names the command that builds', () => {
  const { status, stdout, stderr } = node('bin/resnet.js', 'demo')
  expect(status).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain('npm run build')
  expect(stderr).not.toContain('    at ') // a message, not a stack
})

describe('without a compiler', () => {
  test('prepare says so, builds WebAssembly and succeeds', () => {
    const { status, stdout, stderr } = node('scripts/build.mjs', '--prepare')
    const said = stdout + stderr
    console.log(said.trim())
    expect(status).toBe(0)
    expect(said).toMatch(/compiler/i)
    expect(readdirSync(join(checkout, 'native/build'))).toEqual(
      expect.arrayContaining([expect.stringMatching(/\.wasm$/)]),
    )
  }, 600_000) // a whole compiler runs as WebAssembly: minutes on a busy machine

  test('what was built trains', () => {
    const args = ['--arch', 'resnet8', '--dataset', 'builtin', '--epochs', '1', '-b', '16', '--limit-train', '32']
    const { status, stdout, stderr } = node(
      'bin/resnet.js',
      'train',
      ...args,
      '--limit-test',
      '16',
      '--save-dir',
      'out',
      '--json',
    )
    expect(stderr).not.toContain('    at ')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ epochs: 1, engine: 'wasm-simd' })
  })
})
