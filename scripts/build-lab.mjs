/**
 * Builds the lab to `lab/dist`: the page as a static site, and the service that `resnet lab` computes with. Does nothing
 * while sources and WebAssembly are those of the last build.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'lab/dist/stamp')

/** The files that the build depends on, this script among them. */
function inputs() {
  const below = (folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  const ours = [...below('lab'), ...below('src'), ...below('docs')].filter(
    (file) => !file.startsWith(join(root, 'lab/dist')) && !file.startsWith(join(root, 'src/cli')),
  )
  const wasm = ['resnet.wasm', 'resnet-threads.wasm'].map((name) => join(root, 'native/build', name))
  return [...ours.sort(), ...wasm, join(root, 'package-lock.json'), fileURLToPath(import.meta.url)]
}

function fingerprint() {
  const hash = createHash('sha256')
  for (const file of inputs())
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  return hash.digest('hex')
}

/** The service leaves the package outside of itself: as it lies in `dist/`, seen from `lab/dist/`. */
const compiledPackage = {
  name: 'compiled-package',
  enforce: 'pre',
  resolveId: (id) =>
    id.endsWith('/src/internal.node.js') ? { id: '../../dist/internal.node.js', external: 'absolute' } : undefined,
}

export async function buildLab() {
  const now = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return 'lab'
  const { build } = await import('vite')
  const configFile = join(root, 'lab/vite.config.ts')
  const common = { configFile, logLevel: 'error', mode: 'production' }
  await build(common)
  // For Node, beside the page, on the compiled package.
  await build({
    ...common,
    plugins: [compiledPackage],
    publicDir: false,
    build: {
      ssr: join(root, 'lab/src/compute/native.ts'),
      outDir: join(root, 'lab/dist'),
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { external: [/^node:/], output: { entryFileNames: 'service.js' } },
    },
  })
  writeFileSync(stamp, now)
  return 'lab'
}
