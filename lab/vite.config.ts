/**
 * The lab as a static site in `lab/dist/page`. The library is taken from its sources by `src/internal.ts` alone; its
 * workers and WebAssembly come along as files. `lab/dist/service.js`, for `resnet lab`, is built by `scripts/build-lab.mjs`.
 */
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'
import { documentPages } from './documents.js'
import { studyModules } from './studies.js'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

export default defineConfig({
  root: path('.'),
  base: './',
  plugins: [svelte({ configFile: path('svelte.config.js') }), studyModules(), documentPages()],
  worker: { format: 'es' },
  build: { outDir: path('dist/page'), emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0 },
  server: { headers: isolation, fs: { allow: [path('..')] } },
  preview: { headers: isolation },
})
