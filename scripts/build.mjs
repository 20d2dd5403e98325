/**
 * Builds the package: TypeScript to dist/, the WASM modules and the Node addon to native/build/, the lab to lab/dist/.
 * Needs nothing but what npm installed, and a C++ compiler for the addon.
 *
 *   node scripts/build.mjs                     all of it; without a compiler all but the addon
 *   node scripts/build.mjs --only addon        one of ts, wasm, addon, lab
 *   node scripts/build.mjs --prepare           as npm's prepare script: one line, and never a failure of the install
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

const root = new URL('..', import.meta.url)
const table = 'engine/cpu/kernel-table'

async function buildTypeScript() {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const project = fileURLToPath(new URL('tsconfig.build.json', root))
  try {
    await promisify(execFile)(process.execPath, [compiler, '-p', project], { maxBuffer: 1 << 26 })
  } catch (error) {
    throw new Error(error.stdout || error.message)
  }
  removeLeftovers()
  return 'TypeScript'
}

/** Compiled files whose sources are gone: they would be published, and found by imports that must fail. */
function removeLeftovers() {
  const dist = fileURLToPath(new URL('dist/', root))
  for (const name of readdirSync(dist, { recursive: true })) {
    const source = join(fileURLToPath(new URL('src/', root)), name).replace(/(\.d\.ts|\.js)$/, '')
    if (/\.(d\.ts|js)$/.test(name) && !existsSync(`${source}.ts`) && !existsSync(`${source}.js`))
      rmSync(join(dist, name))
  }
}

/** The kernels' header is made from the compiled kernel table. */
async function header() {
  const [source, compiled] = [new URL(`src/${table}.ts`, root), new URL(`dist/${table}.js`, root)]
  if (!existsSync(compiled) || statSync(compiled).mtimeMs < statSync(source).mtimeMs) await buildTypeScript()
  const { generateKernels } = await import('./generate-kernels.mjs')
  await generateKernels()
}

const steps = {
  ts: buildTypeScript,
  wasm: async () => (await import('./build-wasm.mjs')).buildWasm(),
  addon: async () => (await import('./build-addon.mjs')).buildAddon(),
  lab: async () => (await import('./build-lab.mjs')).buildLab(),
}

/** Runs the steps. Returns what was built, what this machine cannot build, and what failed, each as lines. */
async function build(only) {
  const done = []
  const unavailable = []
  const failed = []
  const attempt = async (step) => {
    try {
      done.push(await step())
    } catch (error) {
      if (error.unavailable) unavailable.push(error.message)
      else failed.push([error.stdout, error.stderr].filter(Boolean).join('\n') || error.stack || String(error))
    }
  }
  if (!only || only === 'ts') await attempt(steps.ts)
  if (only !== 'ts' && only !== 'lab') {
    // Type errors elsewhere must not keep the kernels from being built: tsc wrote the table all the same.
    await header().catch((error) => {
      if (failed.length === 0) failed.push(error.message)
    })
    await Promise.all(['wasm', 'addon'].filter((name) => !only || only === name).map((name) => attempt(steps[name])))
  }
  // The page takes the WASM modules along.
  if (!only || only === 'lab') await attempt(steps.lab)
  return { done, unavailable, failed }
}

const { values } = parseArgs({ options: { prepare: { type: 'boolean' }, only: { type: 'string' } } })
if (values.only && !(values.only in steps)) {
  console.error(`build: --only ${values.only}: expected ${Object.keys(steps).join(', ')}`)
  process.exit(2)
}
if (values.prepare) {
  // Only in a checkout: the sources are no part of the published package.
  if (existsSync(new URL('src', root)) && existsSync(new URL('native/runtime.h', root))) {
    const { done, unavailable, failed } = await build().catch((error) => ({
      done: [],
      unavailable: [],
      failed: [String(error.message)],
    }))
    const why = failed.map((text) => text.trim().split('\n')[0])
    const rest = failed.length > 0 ? [`failed: ${why.join('; ')} (node scripts/build.mjs says more)`] : []
    console.log(`resnet.ts built: ${[done.join(', ') || 'nothing', ...unavailable, ...rest].join('; ')}`)
  }
} else {
  const { done, unavailable, failed } = await build(values.only)
  for (const text of failed) console.error(text.trim())
  if (values.only) failed.push(...unavailable)
  for (const text of [...done, ...unavailable]) console.log(text)
  process.exitCode = failed.length > 0 ? 1 : 0
}
