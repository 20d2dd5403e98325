/**
 * Makes the checkpoints of test/checkpoints/fixtures that are not there yet, and records beside each what it comes to on
 * the reference engine and on wasm-simd:
 *
 *   npm run build && node scripts/make-checkpoints.mjs
 *
 * A file that is there is a file of the past: it is left alone with its record, since later versions are held to both. To
 * make one again on purpose, delete both first, and say in the commit why old files need not go on. A new one gets an
 * entry in test/checkpoints/fixtures.ts. The same sources make the same files.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openEngine } from '../dist/internal.node.js'
import { compileFromDist } from './from-dist.mjs'

const target = new URL('../test/checkpoints/fixtures/', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'resnet-checkpoints-'))
try {
  await compileFromDist(['test/checkpoints/fixtures.ts', 'test/checkpoints/outcome.ts'], folder)
  const { fixtures } = await import(pathToFileURL(join(folder, 'fixtures.mjs')))
  const { outcomeOf } = await import(pathToFileURL(join(folder, 'outcome.mjs')))
  const engines = await Promise.all(['reference', 'wasm-simd'].map((engine) => openEngine({ engine })))
  for (const [name, { data, make }] of Object.entries(fixtures)) {
    const [file, record] = ['safetensors', 'json'].map((extension) => new URL(`${name}.${extension}`, target))
    if (existsSync(file) && existsSync(record)) {
      console.log(`${name}: is there`)
      continue
    }
    const bytes = await make()
    const outcomes = {}
    for (const engine of engines)
      outcomes[engine.build] = await outcomeOf(bytes, data, engine, name.startsWith('exported'))
    writeFileSync(file, bytes)
    writeFileSync(record, `${JSON.stringify(outcomes, null, 1)}\n`)
    console.log(`${name}: ${bytes.length} bytes`)
  }
  for (const engine of engines) await engine.dispose()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
