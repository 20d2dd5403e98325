/** Pages that use the package as users get it, packed and unpacked, built in the ways that users build pages. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import * as vite from 'vite'
import webpack from 'webpack'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = fileURLToPath(new URL('./program.js', import.meta.url))

/** The same for all: the page's program, within reach of the test. */
const main = `
  import { look, openTraining } from './program.js'
  Object.assign(globalThis, { look, openTraining })`

const html = (script: string) =>
  `<!doctype html><meta charset="utf-8"><title>page</title><link rel="icon" href="data:,">${script}`
const module = (source: string) => html(`<script type="module" src="${source}"></script>`)

/** Packs the package and unpacks it into a folder's node_modules. Nothing else is there: browsers need nothing else. */
export function install(folder: string): void {
  const installed = join(folder, 'node_modules/resnet.ts')
  mkdirSync(installed, { recursive: true })
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: folder, stdio: 'pipe' })
  run('npm', 'pack', root, '--ignore-scripts', '--pack-destination', folder)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
  run('tar', '-xzf', tarball, '-C', installed, '--strip-components=1')
}

function sources(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true })
  cpSync(program, join(folder, 'program.js'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

/**
 * Builds a page below a folder that the package is installed in; resolves to the folder to serve and the page's path.
 */
export const builders = {
  vite: async (folder: string) => {
    const page = join(folder, 'vite')
    sources(page, { 'index.html': module('/main.js'), 'main.js': main })
    await vite.build({ root: page, configFile: false, logLevel: 'error' })
    return { folder: join(page, 'dist'), path: '/' }
  },

  webpack: async (folder: string) => {
    const page = join(folder, 'webpack')
    sources(page, { 'main.js': main })
    const compiler = webpack({
      context: page,
      entry: './main.js',
      mode: 'production',
      output: { path: `${page}/dist` },
    })
    await new Promise<void>((resolve, reject) => {
      compiler.run((error, stats) => {
        const failed = error ?? (stats?.hasErrors() || stats?.hasWarnings() ? new Error(stats.toString()) : undefined)
        compiler.close(() => (failed ? reject(failed) : resolve()))
      })
    })
    writeFileSync(join(page, 'dist/index.html'), html('<script defer src="main.js"></script>'))
    return { folder: join(page, 'dist'), path: '/' }
  },

  /** esbuild leaves `new URL` alone: the page says where the files lie, and the worker is an entry of its own. */
  esbuild: async (folder: string) => {
    const page = join(folder, 'esbuild')
    const configured = `
      import { configure } from 'resnet.ts'
      import wasm from 'resnet.ts/resnet.wasm'
      import wasmThreads from 'resnet.ts/resnet-threads.wasm'
      ${main}
      configure({ wasm, wasmThreads, worker: '/wasm-worker.js' })`
    sources(page, { 'main.js': configured })
    await esbuild.build({
      absWorkingDir: page,
      entryPoints: { main: './main.js', 'wasm-worker': 'resnet.ts/wasm-worker.js' },
      outdir: 'dist',
      bundle: true,
      minify: true,
      format: 'esm',
      loader: { '.wasm': 'file' },
      logLevel: 'error',
    })
    writeFileSync(join(page, 'dist/index.html'), module('/main.js'))
    return { folder: join(page, 'dist'), path: '/' }
  },

  /** No tool at all: an import map, and the files of the package as they are. */
  'a plain page': async (folder: string) => {
    const map = { imports: { 'resnet.ts': '/node_modules/resnet.ts/dist/index.js' } }
    const page = html(`
      <script type="importmap">${JSON.stringify(map)}</script>
      <script type="module">${main}</script>`)
    sources(join(folder, 'plain'), { 'index.html': page })
    return { folder, path: '/plain/' }
  },
} as const satisfies Record<string, (folder: string) => Promise<{ folder: string; path: string }>>
