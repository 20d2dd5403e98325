/**
 * The package as users get it. It is packed, listed and installed offline, with scripts off, into a folder with a space
 * in its name. Then it trains for ten steps on WebAssembly, through the public API and through the command line.
 */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './sources.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet pack '))
const consumer = join(folder, 'a consumer')
const installed = join(consumer, 'node_modules/resnet.ts')

/** Runs a command in the consumer's folder without a network. Returns its standard output. */
function run(command: string, ...args: string[]): string {
  const env = { ...process.env, npm_config_offline: 'true', npm_config_cache: join(folder, 'empty cache') }
  return execFileSync(command, args, { cwd: consumer, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

const filesOf = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(path.length + 1)
        .replaceAll('\\', '/'),
    )
    .sort()

beforeAll(() => {
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n')

  // Dependencies cannot be downloaded offline. npm finds them in place, laid out as in the lock file of the checkout.
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>
  }
  for (const [path, { dev, optional }] of Object.entries(lock.packages))
    if (path && !dev && !(optional && !existsSync(join(root, path))))
      cpSync(join(root, path), join(consumer, path), { recursive: true })
  cpSync(join(root, 'node_modules/.bin'), join(consumer, 'node_modules/.bin'), {
    recursive: true,
    verbatimSymlinks: true,
  })

  run('npm', 'pack', root, '--ignore-scripts', '--pack-destination', folder)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
  console.log(`${tarball}: ${(statSync(join(folder, tarball)).size / 1024).toFixed(0)} KiB`)
  run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, tarball))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the package holds what runs, and nothing else', () => {
  const files = filesOf(installed)
  const known =
    /^(package\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|bench\/results\/\w+\.(md|svg)|LICENSE|bin\/resnet\.js|docs\/([\w-]+\.md|images\/[\w-]+\.png)|examples\/[\w-]+\.ts|dist\/.+\.(js|d\.ts)|lab\/dist\/(service\.js|page\/.+)|native\/build\/[\w-]+\.wasm)$/
  expect(files.filter((file) => !known.test(file))).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining([
      'README.md',
      'LICENSE',
      'bin/resnet.js',
      'dist/index.js',
      'dist/node.d.ts',
      'lab/dist/page/index.html',
    ]),
  )
  expect(files.filter((file) => file.endsWith('.wasm'))).not.toEqual([])
})

test('what README and docs link to comes along', () => {
  const pages = filesOf(installed).filter((file) => /^(README\.md|docs\/[\w-]+\.md)$/.test(file))
  const dead = pages.flatMap((page) =>
    [...readFileSync(join(installed, page), 'utf8').matchAll(/\]\(([^)#\s]+)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^https?:/.test(target) && !existsSync(join(installed, page, '..', target)))
      .map((target) => `${page}: ${target}`),
  )
  expect(pages.length).toBeGreaterThan(10)
  expect(dead).toEqual([])
})

test('the command line is called as its help says, and says truthfully that it has no addon', () => {
  expect(run('npx', '--no', '--', 'resnet', '--help')).toContain('Usage: npx --no -- resnet [options]')
  const native = ['--no', '--', 'resnet', 'train', '-a', 'resnet8', '--steps', '1', '--engine', 'native']
  expect(() => run('npx', ...native)).toThrow(
    /the native engine is not built here .*the installed package comes without it, only a checkout of the sources builds it/,
  )
})

test('every compiled file has a source: nothing is left over from an older build', () => {
  const left = filesOf(installed)
    .filter((file) => file.startsWith('dist/'))
    .filter((file) => {
      const source = join(root, 'src', file.slice('dist/'.length).replace(/(\.d\.ts|\.js)$/, ''))
      return !existsSync(`${source}.ts`) && !existsSync(`${source}.js`)
    })
  expect(left).toEqual([])
})

test('ten steps on WebAssembly through the public API', () => {
  const script = `
    import { builtin, preset, train } from 'resnet.ts/node'
    const spec = preset('resnet8', { input: { channels: 3, height: 16, width: 16 } })
    const data = builtin({ size: 16, train: 160, test: 32 })
    const run = await train(spec, data, { steps: 10, batchSize: 16, augmentation: { pad: 2, flip: true } }, { engine: 'wasm' })
    const { engine, test, weightHash } = run
    console.log(JSON.stringify({ engine, loss: test.loss, weightHash }))`
  writeFileSync(join(consumer, 'ten-steps.js'), script)
  const { engine, loss, weightHash } = JSON.parse(run(process.execPath, 'ten-steps.js')) as Record<string, unknown>
  expect(engine).toBe('wasm-simd')
  expect(loss).toBeGreaterThan(0)
  expect(weightHash).toMatch(/^[0-9a-f]{16,}$/)
})

test('ten steps on WebAssembly through the command line', () => {
  const resnet = join(consumer, 'node_modules/.bin/resnet')
  const length = ['--epochs', '1', '-b', '16', '--limit-train', '160', '--limit-test', '32']
  const output = run(resnet, 'train', '-a', 'resnet8', '--dataset', 'builtin', ...length, '--engine', 'wasm', '--json')
  expect(JSON.parse(output)).toMatchObject({ epochs: 1, engine: 'wasm-simd' })
})
