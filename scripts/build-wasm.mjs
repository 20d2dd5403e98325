/**
 * Compiles the WASM modules with the clang of npm's @yowasp/clang, which is itself WebAssembly: no compiler of this
 * machine is needed. The same objects are linked twice: for shared memory (threads) and without. Objects are kept, named
 * by the hash of what they are made of, so that only what changed is compiled again. Runs as a worker, since the compiler
 * blocks its thread.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { kernelSources } from './build-addon.mjs'

const native = new URL('../native/', import.meta.url)
const build = new URL('build/', native)
const kept = new URL('obj-wasm/', build)

const flags = [
  ...['--target=wasm32-unknown-unknown', '-std=c++20', '-O3', '-ffreestanding', '-nostdlib', '-nostdinc++'],
  ...['-fno-exceptions', '-fno-rtti', '-fno-math-errno', '-ffp-contract=off', '-fvisibility=hidden'],
  // Loop strength reduction makes pointers whose constant distances can no longer be part of a load.
  ...['-mllvm', '-disable-lsr'],
  ...['-msimd128', '-matomics', '-mbulk-memory', '-Wall', '-Wextra', '-DVARIANT=wasm', '-DVL=4'],
]
// The stack below the data: one that runs over traps instead of damaging what lies there. Workers get others.
const linking = [
  ...['--no-entry', '--import-memory', '--max-memory=4294967296', '--export=__stack_pointer', '--export=__heap_base'],
  ...['--stack-first', '-z', 'stack-size=262144', '--gc-sections', '--strip-all'],
]
const modules = { 'resnet-threads.wasm': ['--shared-memory'], 'resnet.wasm': [] }

function sources() {
  const files = { build: { 'kernels.h': readFileSync(new URL('kernels.h', build), 'utf8') } }
  for (const name of readdirSync(native))
    if (/\.(h|cc)$/.test(name)) files[name] = readFileSync(new URL(name, native), 'utf8')
  return files
}

/** The objects, each with its source and the name of the file that it is kept in. */
function objectsOf(files) {
  const manifest = new URL('../package.json', import.meta.resolve('@yowasp/clang'))
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  const headers = Object.entries(files).filter(([name]) => !name.endsWith('.cc'))
  const shared = createHash('sha256').update(JSON.stringify([version, flags, headers]))
  return [...kernelSources, 'wasm'].map((source) => {
    const hash = shared.copy().update(files[`${source}.cc`]).digest('hex').slice(0, 16)
    return { source, object: `${source}.o`, file: `${source}-${hash}.o` }
  })
}

async function compile(files) {
  const { commands } = await import('@yowasp/clang')
  const run = async (command, args, input) => {
    let output = ''
    const decoder = new TextDecoder()
    const collect = (bytes) => {
      if (bytes) output += decoder.decode(bytes)
    }
    try {
      const options = { stdout: collect, stderr: collect, fetchProgress: () => {} }
      return await commands[command](args, input, options)
    } catch (error) {
      throw new Error(output || String(error))
    }
  }
  const objects = {}
  const all = objectsOf(files)
  for (const { source, object, file } of all) {
    const place = new URL(file, kept)
    if (!existsSync(place)) {
      const made = await run('clang++', [...flags, '-c', `${source}.cc`, '-o', object], files)
      writeFileSync(new URL(`${file}.new`, kept), made[object])
      renameSync(new URL(`${file}.new`, kept), place)
    }
    objects[object] = Uint8Array.from(readFileSync(place))
  }
  for (const name of readdirSync(kept)) if (!all.some(({ file }) => file === name)) rmSync(new URL(name, kept))
  for (const [name, extra] of Object.entries(modules)) {
    const linked = await run('wasm-ld', [...Object.keys(objects), '-o', name, ...linking, ...extra], objects)
    writeFileSync(new URL(name, build), linked[name])
  }
}

/** Builds both modules. Returns a line that says what was built; throws with the compiler's output if it failed. */
export async function buildWasm() {
  mkdirSync(kept, { recursive: true })
  const stamp = new URL('wasm.stamp', build)
  const made = createHash('sha256')
    .update(JSON.stringify([flags, linking, sources()]))
    .digest('hex')
  const complete = Object.keys(modules).every((name) => existsSync(new URL(name, build)))
  if (complete && existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return 'WASM up to date'
  await new Promise((resolve, reject) => {
    // The compiler reports on standard output how it loads itself: kept from ours.
    const worker = new Worker(new URL(import.meta.url), { stdout: true })
    worker.once('message', (message) => (message === '' ? resolve() : reject(new Error(message))))
    worker.once('error', reject)
  })
  writeFileSync(stamp, made)
  return 'WASM (SIMD, with and without threads)'
}

if (!isMainThread && parentPort) {
  try {
    await compile(sources())
    parentPort.postMessage('')
  } catch (error) {
    parentPort.postMessage(error.message)
  }
}
