/**
 * Compiles the Node addon with the C++ compiler of this machine (`CXX`, else c++, g++ or clang++) against the headers of
 * the npm package node-api-headers: nothing is downloaded. The kernels are compiled once an instruction set. Objects are
 * named by the hash of what they are made of, so that only what changed is compiled again.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const native = fileURLToPath(new URL('../native', import.meta.url))
const execute = promisify(execFile)

/** Sources that are compiled for each instruction set. The WASM build compiles the same. */
export const kernelSources = [
  'conv',
  'conv_weight',
  'conv_bf16',
  'conv_weight_bf16',
  'groups',
  'winograd',
  'winograd_weight',
  'norm',
  'elementwise',
  'arithmetic',
  'bias',
  'dropout',
  'sums',
  'update',
  'pool',
  'rearrange',
  'resize',
  'layout',
  'linear',
  'loss',
  'peak',
  'dispatch',
]

const common = ['-std=c++20', '-O3', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wno-psabi']
const kernelFlags = ['-fno-exceptions', '-fno-rtti', '-fno-math-errno']
const avx2 = ['-mavx2', '-mfma', '-ffp-contract=fast']
const avx512 = ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mprefer-vector-width=512']

/** Instruction sets: the width of a vector in floats and the compiler's flags. */
const variants = {
  x64: {
    avx512: { width: 16, flags: [...avx2, ...avx512] },
    avx2: { width: 8, flags: avx2 },
    baseline: { width: 4, flags: ['-ffp-contract=off'] },
  },
  arm64: { baseline: { width: 4, flags: ['-ffp-contract=fast'] } },
}[process.arch]

/** Names of the instruction sets of this kind of processor, widest first. */
export const variantNames = Object.keys(variants ?? {})

/** The version line of the first compiler that answers, with its command; undefined if there is none. */
export async function findCompiler() {
  for (const command of process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'])
    try {
      const { stdout } = await execute(command, ['--version'])
      return { command, version: stdout.split('\n')[0] }
    } catch {
      // not this one
    }
}

function includeFolders() {
  const require = createRequire(import.meta.url)
  const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include')
  return [headers, dirname(require.resolve('node-addon-api/package.json'))]
}

/**
 * Builds the addon. Returns a line that says what was built; throws with the compiler's output if it failed, and an
 * error with `unavailable` set if this machine cannot build it at all.
 * @param folder where to; by default native/build
 * @param extra more flags of the compiler and the linker, which come last
 * @param only instruction sets; by default all
 */
export async function buildAddon({ folder = join(native, 'build'), extra = [], only = variantNames } = {}) {
  const objects = join(folder, 'obj')
  const addon = join(folder, 'resnet.node')
  // The objects that the addon was linked of: written last, so that a build which was stopped on the way goes on where it was.
  const stamp = join(objects, 'linked')
  const unavailable = (message) => Object.assign(new Error(message), { unavailable: true })
  if (process.platform === 'win32') throw unavailable('no addon: it is built on Linux and macOS only')
  if (!variants) throw unavailable(`no addon: it is built for x64 and arm64 only, this is ${process.arch}`)
  const compiler = await findCompiler()
  if (!compiler) throw unavailable('no addon: no C++ compiler was found (install g++ or clang, or set CXX)')

  mkdirSync(objects, { recursive: true })
  const headers = readdirSync(native).filter((name) => name.endsWith('.h'))
  const shared = createHash('sha256').update(compiler.version)
  for (const file of [...headers.sort().map((name) => join(native, name)), join(native, 'build', 'kernels.h')])
    shared.update(readFileSync(file))

  const chosen = Object.entries(variants).filter(([variant]) => only.includes(variant))
  const units = chosen.flatMap(([variant, { width, flags }]) =>
    kernelSources.map((source) => ({
      source,
      name: `${source}-${variant}`,
      flags: [...common, ...kernelFlags, ...flags, `-DVARIANT=${variant}`, `-DVL=${width}`, ...extra],
    })),
  )
  const without = variantNames.filter((variant) => !only.includes(variant)).map((variant) => `-DWITHOUT_${variant}`)
  const includes = includeFolders().flatMap((folder) => ['-isystem', folder])
  units.unshift({
    source: 'addon',
    name: 'addon',
    flags: [...common, '-fexceptions', '-pthread', ...includes, ...without, ...extra],
  })
  for (const unit of units) {
    const source = readFileSync(join(native, `${unit.source}.cc`))
    const hash = shared.copy().update(unit.flags.join('\n')).update(source).digest('hex').slice(0, 16)
    unit.object = `${unit.name}-${hash}.o`
  }

  const missing = units.filter(({ object }) => !existsSync(join(objects, object)))
  const parts = units.map(({ object }) => object).join('\n')
  if (existsSync(addon) && existsSync(stamp) && readFileSync(stamp, 'utf8') === parts) return 'addon up to date'
  // The longest first; as many compilers as processors.
  const compileNext = async () => {
    for (let unit = missing.shift(); unit; unit = missing.shift()) {
      const target = join(objects, unit.object)
      const source = join(native, `${unit.source}.cc`)
      await execute(compiler.command, [...unit.flags, '-c', source, '-o', `${target}.new`])
      renameSync(`${target}.new`, target)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, compileNext))

  const linking = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-pthread']
  // Linked under another name and moved, so that processes which run the old one are not disturbed.
  await execute(compiler.command, [
    ...linking,
    ...extra,
    ...units.map(({ object }) => join(objects, object)),
    '-o',
    `${addon}.new`,
  ])
  renameSync(`${addon}.new`, addon)
  writeFileSync(stamp, parts)
  const current = new Set(['linked', ...units.map(({ object }) => object)])
  for (const file of readdirSync(objects)) if (!current.has(file)) rmSync(join(objects, file), { force: true })
  return `addon (${chosen.map(([variant]) => variant).join(', ')})`
}
