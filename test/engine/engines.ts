/** The engine builds that tests run on: those that can be opened here, and those that are absent and why. */
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type AddonVariant, openAddon } from '../../src/engine/cpu/addon.node.js'
import type { CpuBackend } from '../../src/engine/cpu/backend.js'
import { openCpuEngine } from '../../src/engine/cpu/engine.js'
import { openWasm } from '../../src/engine/cpu/wasm.js'
import { nodeHost } from '../../src/engine/cpu/wasm-host.node.js'
import type { Engine } from '../../src/engine/engine.js'
import { openReference } from '../../src/engine/reference/engine.js'

interface Build {
  readonly name: string
  /** With two threads, or as many as are asked for where the build has threads. */
  open(threads?: number): Promise<Engine>
}

const cpu = (name: string, backend: (threads: number) => Promise<CpuBackend>): Build => ({
  name,
  open: async (threads = 2) => openCpuEngine(await backend(threads)),
})
const native = (variant: AddonVariant) => cpu(`native-${variant}`, (threads) => openAddon({ threads, variant }))

const all: readonly Build[] = [
  { name: 'reference', open: async () => openReference() },
  native('avx512'),
  native('avx2'),
  native('baseline'),
  cpu('wasm-simd', (threads) => openWasm({ threads, host: nodeHost() })),
  // As on a page that may not share memory between threads.
  cpu('wasm-simd-alone', () => openWasm({ threads: 1, host: { ...nodeHost(), sharedMemory: false } })),
]

/** Builds that are tested alone, from RESNET_ONLY_ENGINES, by how their names begin: `native,reference`. */
const only = (process.env.RESNET_ONLY_ENGINES ?? '').split(',').filter(Boolean)
const builds = all.filter(({ name }) => only.length === 0 || only.some((start) => name.startsWith(start)))

/** Builds that must be there, from RESNET_REQUIRE_ENGINES, for example `native-avx2,wasm-simd`. */
const required = new Set((process.env.RESNET_REQUIRE_ENGINES ?? '').split(',').filter(Boolean))

/**
 * Declares the tests of `body` for each engine build. A build that cannot be opened is printed and counted as skipped,
 * or fails where it is required. `body` gets the build opened once, and a way to open it again. `except` leaves builds out, for example the one that the
 * others are compared with; those of which `lacks` tells what they lack are printed and skipped.
 */
export async function describeEngines(
  body: (engine: () => Engine, open: (threads: number) => Promise<Engine>) => void,
  except: readonly string[] = [],
  lacks: (engine: Engine) => string | undefined = () => undefined,
): Promise<void> {
  for (const name of required)
    if (!builds.some((build) => build.name === name))
      test(name, () => {
        throw new Error(
          `RESNET_REQUIRE_ENGINES: no build is named ${name}; there are ${builds.map((build) => build.name).join(', ')}`,
        )
      })
  for (const { name, open } of builds) {
    if (except.includes(name)) continue
    let lacking: string | undefined
    const absent = await open().then(
      (engine) => {
        lacking = lacks(engine)
        return engine.dispose()
      },
      (error: unknown) => error,
    )
    if (lacking !== undefined) {
      console.warn(`${name} lacks ${lacking}, these tests are skipped`)
      test.skip(name, () => {})
    } else if (absent === undefined)
      describe(name, () => {
        let engine: Engine
        beforeAll(async () => {
          engine = await open()
        })
        afterAll(() => engine.dispose())
        body(() => engine, open)
      })
    else if (required.has(name))
      test(name, () => {
        throw absent
      })
    else {
      console.warn(`${name} is absent, its tests are skipped: ${absent instanceof Error ? absent.message : absent}`)
      test.skip(name, () => {})
    }
  }
}
