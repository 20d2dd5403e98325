/** A sample of hostile specs, on every engine build: each ends in words or in a forward pass. */
import { afterAll, expect, test } from 'vitest'
import { addonVariants, openAddon } from '../../src/engine/cpu/addon.node.js'
import { openCpuEngine } from '../../src/engine/cpu/engine.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import { Random } from '../../src/util/random.js'
import { type Ending, ending, hostileSpec } from './specs.js'

const engines = await Promise.all([
  ...addonVariants().map(async (variant) => openCpuEngine(await openAddon({ threads: 1, variant }))),
  openWasm({ threads: 1, host: nodeHost() }).then(openCpuEngine),
])
afterAll(async () => {
  for (const engine of engines) await engine.dispose()
})

test('hostile specs are refused in words, or work', async () => {
  const counts: Record<Ending, number> = { refused: 0, large: 0, worked: 0 }
  for (let seed = 0; seed < 250; seed++) {
    const spec = hostileSpec(new Random(seed))
    try {
      counts[await ending(spec, engines, { bytes: 3e7, macs: 3e7 })]++
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
  expect(counts.refused).toBeGreaterThan(100)
  expect(counts.worked).toBeGreaterThan(15)
})
