/** Compiles TypeScript of test/ for scripts: what it imports from src comes from dist, where it was built. */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Writes `<name>.mjs` for each entry into a folder.
 * @param entries paths from the root, such as `test/fuzz/child.ts`
 */
export async function compileFromDist(entries, folder) {
  const fromDist = {
    name: 'dist',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.\/\.\.\/src\// }, ({ path }) => ({
        path: pathToFileURL(join(root, path.replace('../../src/', 'dist/'))).href,
        external: true,
      }))
      onResolve({ filter: /^sharp$/ }, () => ({ path: import.meta.resolve('sharp'), external: true }))
    },
  }
  await build({
    entryPoints: entries.map((entry) => join(root, entry)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [fromDist],
  })
}
