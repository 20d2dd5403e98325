/**
 * The library loads in browsers: a bundle without externals holds no Node module, and only the code that is imported.
 */
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { root } from './sources.js'

/** Bundles a module for browsers and returns its minified text. A missing import is an error. */
async function bundle(contents: string): Promise<string> {
  const result = await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    logLevel: 'silent',
  })
  return result.outputFiles[0]!.text
}

/**
 * The most minified bytes that an import of `preset` may cost a page: the families of specs, and a line for each of the
 * papers' networks, mostly names.
 */
const PRESET_BUDGET = 10 * 1024

const index = JSON.stringify(join(root, 'src/index.ts'))

describe('bundled for browsers', () => {
  test('everything is found without Node and without externals', async () => {
    const text = await bundle(`export * from ${index}`)
    console.log(`the whole library, minified: ${(text.length / 1024).toFixed(1)} KiB`)
    expect(text).not.toMatch(/\b(from|import)\s*\(?["'](node:)?[a-z@]/)
    expect(text).not.toMatch(/\brequire\(/)
  })

  test('an import of preset brings the specs and nothing that computes', async () => {
    const all = await bundle(`export * from ${index}`)
    const text = await bundle(`import { preset } from ${index}; console.log(preset('resnet20'))`)
    console.log(`preset alone, minified: ${(text.length / 1024).toFixed(1)} KiB`)
    expect(text.length).toBeLessThan(all.length / 2)
    expect(text.length).toBeLessThan(PRESET_BUDGET)
    expect(text).not.toContain('WebAssembly')
  })

  test('a Node module would be caught', async () => {
    const node = JSON.stringify(join(root, 'src/node.ts'))
    await expect(bundle(`export * from ${node}`)).rejects.toThrow(/Could not resolve "node:/)
  })
})
