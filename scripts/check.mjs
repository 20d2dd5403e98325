/**
 * `npm run check`: everything about the sources and the package that can be told without running it. Every check runs,
 * each gives one line; the output of those that failed follows. Needs no network.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name) => join('node_modules', name)
const started = performance.now()

/** Runs a command in the root; resolves to its exit code and all it printed. */
function run(command, ...args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    child.on('error', (error) => resolve({ code: 1, output: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

const node = (...args) => run(process.execPath, ...args)
const failed = []

/** Files that only bundlers import, to learn their addresses: they have no types. */
const binaries = ['resnet.wasm', 'resnet-threads.wasm']

async function check(name, what, work) {
  const start = performance.now()
  const { code, output } = await work()
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name.padEnd(8)} ${what} (${seconds} s)`)
  if (code !== 0) failed.push({ name, output })
}

/** Packs what would be published into a folder; resolves to the tarball, or to what went wrong. */
async function pack(folder) {
  const built = await node('scripts/build.mjs', '--only', 'ts')
  if (built.code !== 0) return built
  const packed = await run('npm', 'pack', '--ignore-scripts', '--pack-destination', folder)
  const file = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
  return { ...packed, file: file && join(folder, file) }
}

const folder = await mkdtemp(join(tmpdir(), 'resnet-check-'))
try {
  await check('types', 'TypeScript, strict', () => node(bin('typescript/bin/tsc'), '-p', 'tsconfig.json'))
  await check('lab', 'the pages of the lab: types, and what Svelte warns of', () =>
    node(
      bin('svelte-check/bin/svelte-check'),
      '--workspace',
      'lab',
      '--tsconfig',
      'tsconfig.json',
      '--fail-on-warnings',
      '--no-color',
    ),
  )
  await check('lint', 'Biome: rules and format', () => node(bin('@biomejs/biome/bin/biome'), 'check', '.'))
  await check('house', 'imports, cycles, stable bits, habits of files', () =>
    node(bin('vitest/vitest.mjs'), 'run', '--reporter=dot', 'imports.test', 'bits.test', 'files.test', 'dependencies'),
  )
  const packed = await pack(folder)
  const onPackage = (tool, ...args) => (packed.file ? node(bin(tool), ...args, packed.file) : packed)
  await check('publint', 'the package as npm would publish it', () =>
    onPackage('publint/src/cli.js', 'run', '--strict'),
  )
  await check('attw', 'its types, as an ESM package', () =>
    onPackage('@arethetypeswrong/cli/dist/index.js', '--exclude-entrypoints', ...binaries, '--profile', 'esm-only'),
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}

for (const { name, output } of failed) console.log(`\n---- ${name} ----\n${output.trim()}`)
const seconds = ((performance.now() - started) / 1000).toFixed(1)
console.log(failed.length === 0 ? `\nall checks passed (${seconds} s)` : `\n${failed.length} of 6 checks failed`)
process.exitCode = failed.length === 0 ? 0 : 1
