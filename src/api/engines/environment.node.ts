/** The engines of Node: the addon, WebAssembly and the reference. */
import { availableParallelism } from 'node:os'
import { type AddonVariant, openAddon } from '../../engine/cpu/addon.node.js'
import { openCpuEngine } from '../../engine/cpu/engine.js'
import { openWasm } from '../../engine/cpu/wasm.js'
import { nodeHost } from '../../engine/cpu/wasm-host.node.js'
import { openReference } from '../../engine/reference/engine.js'
import { freeMemory } from '../../util/machine/free-memory.node.js'
import type { EngineBuild, Environment } from './choice.js'

const variants: Readonly<Partial<Record<EngineBuild, AddonVariant>>> = {
  'native-avx512': 'avx512',
  'native-avx2': 'avx2',
  'native-baseline': 'baseline',
}

/** The instruction set of an addon build; undefined for other engines. */
export function addonVariant(build: string | undefined): AddonVariant | undefined {
  return variants[build as EngineBuild]
}

export function nodeEnvironment(): Environment {
  return {
    threads: availableParallelism(),
    memory: () => freeMemory(),
    sources: [
      {
        kind: 'native',
        open: async (threads, build, room) => {
          const variant = addonVariant(build)
          return openCpuEngine(await openAddon({ threads, ...(variant && { variant }) }), room)
        },
      },
      {
        kind: 'wasm',
        open: async (threads, _, room) => openCpuEngine(await openWasm({ threads, host: nodeHost() }), room),
      },
      { kind: 'reference', open: async (_, __, room) => openReference(room) },
    ],
  }
}
