/** Profiles the time of a network and measures the peak rates of this machine, for work on the speed of kernels. */

import { openAddon } from '../../engine/cpu/addon.node.js'
import type { CpuBackend } from '../../engine/cpu/backend.js'
import { openCpuEngine } from '../../engine/cpu/engine.js'
import { type Peak, peakOf } from '../../engine/cpu/peak.js'
import { type ProfiledPlan, profilePlan } from '../../engine/cpu/profile.js'
import { openWasm } from '../../engine/cpu/wasm.js'
import { nodeHost } from '../../engine/cpu/wasm-host.node.js'
import type { Engine } from '../../engine/engine.js'
import { Room } from '../../engine/room.js'
import { forwardGraph } from '../../model/forward.js'
import type { Plan } from '../../plan/plan.js'
import { planGraph } from '../../plan/planner.js'
import { expectSpec } from '../../spec/expect-spec.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { headsOf, type Tasks, taskOfNetwork } from '../../tasks/index.js'
import { completed } from '../../tasks/recipe.js'
import { trainingGraph } from '../../train/step/step.js'
import { ConfigError } from '../../util/errors.js'
import { callback, described, expectOptions, oneOf, signal as signalKind, whole } from '../../util/expect.js'
import { freeMemory } from '../../util/machine/free-memory.node.js'
import { openEngine } from '../compute.node.js'
import type { OpenOptions } from './choice.js'
import { addonVariant } from './environment.node.js'

/** The bounds that this machine sets to an engine build. */
export interface MachinePeak extends Peak {
  readonly build: string
  readonly threads: number
}

/** The network of a profile, and its settings. */
export interface ProfileOptions extends OpenOptions {
  /** A training step, or the forward pass of inference. Default `training`. */
  readonly mode?: 'training' | 'inference' | undefined
  /** Pictures per run. Default 128 for training, 1 for inference. */
  readonly batch?: number | undefined
  /** The number of times that each part is timed. Default 5. */
  readonly rounds?: number | undefined
  /** The table of tasks, such as `{ ...tasks, mine }`. Default: the tasks of this package. */
  readonly tasks?: Tasks | undefined
  /** Called before each part with the number of parts done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** The time of a network, in total and by part. */
export interface Profile extends ProfiledPlan {
  readonly build: string
  readonly threads: number
  /** The memory of the plan. */
  readonly bytes: number
}

/**
 * Measures the peak rates that the engine's instruction set and threads reach on this machine. Takes a second or two,
 * and 768 MiB.
 * @throws EngineError when the engine is not available
 */
export async function measurePeak(options: OpenOptions = {}): Promise<MachinePeak> {
  const backend = await openBackend(options)
  try {
    return { build: backend.build, threads: backend.threads, ...(await peakOf(backend, seconds)) }
  } finally {
    await backend.dispose()
  }
}

const fields = { mode: oneOf(['training', 'inference']), batch: whole(1), signal: signalKind, onProgress: callback }

/**
 * Times a network's plan, and each of its parts by itself.
 * @throws ConfigError for a spec or option without meaning, EngineError when the engine is not available
 */
export async function profile(spec: NetworkSpec, options: ProfileOptions = {}): Promise<Profile> {
  expectOptions(options, 'profile: options', fields)
  expectSpec(spec, 'profile: spec', headsOf(options.tasks))
  const { mode = 'training', batch = mode === 'training' ? 128 : 1, rounds = 5, signal, onProgress } = options
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new ConfigError(`rounds: expected a whole number of at least 1, got ${described(rounds)}`)
  const backend = await openBackend(options)
  try {
    const plan = planFor(spec, mode, batch, openCpuEngine(backend), options.tasks)
    new Room(freeMemory).take(backend.build, plan.bytes)
    const settings = { rounds, now: seconds, signal, ...(onProgress && { onProgress }) }
    const { build, threads } = backend
    return { build, threads, bytes: plan.bytes, ...(await profilePlan(backend, plan, settings)) }
  } finally {
    await backend.dispose()
  }
}

/**
 * The memory that a network's plan takes on an engine, in bytes. Allocates nothing.
 * @throws ConfigError for a spec or option without meaning, EngineError when the engine is not available
 */
export async function planBytes(spec: NetworkSpec, given: Omit<ProfileOptions, 'rounds'> = {}): Promise<number> {
  expectOptions(given, 'planBytes: options', fields)
  expectSpec(spec, 'planBytes: spec', headsOf(given.tasks))
  const { mode = 'training', batch = mode === 'training' ? 128 : 1, ...options } = given
  await using engine = await openEngine(options)
  return planFor(spec, mode, batch, engine, given.tasks).bytes
}

function planFor(
  spec: NetworkSpec,
  mode: 'training' | 'inference',
  batch: number,
  { target }: Engine,
  tasks?: Tasks,
): Plan {
  const { heads, recipe } = taskOfNetwork(spec, tasks)
  const graph =
    mode === 'training'
      ? trainingGraph(spec, completed({ steps: 1, batchSize: batch }, recipe), heads)
      : forwardGraph(spec, { batch, mode, heads })
  return planGraph(graph, target)
}

const seconds = () => performance.now() / 1000

/** The backend of the requested engine. */
async function openBackend(options: OpenOptions): Promise<CpuBackend> {
  const { build, threads, dispose } = await openEngine(options)
  await dispose()
  if (build === 'reference') throw new ConfigError('engine reference: it has no kernels to measure; use native or wasm')
  if (build === 'wasm-simd') return openWasm({ threads, host: nodeHost() })
  const variant = addonVariant(build)
  return openAddon({ threads, ...(variant && { variant }) })
}
