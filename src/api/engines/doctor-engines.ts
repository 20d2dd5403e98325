/**
 * Tries every engine build of an environment: finds out which are present, why others are missing, and whether they
 * compute correctly.
 */
import type { Engine } from '../../engine/engine.js'
import { EngineError } from '../../util/errors.js'
import type { EngineBuild, EngineKind, EngineSource } from './choice.js'
import { goldenChecks, goldenResult, largestError } from './doctor-checks.js'

/** The result of one check of an engine: its largest error, divided by the largest magnitude of the tensor. */
export interface CheckResult {
  readonly name: string
  readonly error: number
  /** The largest accepted error. */
  readonly limit: number
}

/** The result of one engine build. */
export interface EngineHealth {
  /** The build, or the kind if none of its builds can be opened. */
  readonly build: EngineBuild | EngineKind
  /** `works`, `absent` (not for this machine, or not built) or `broken` (present, but it fails or computes wrongly). */
  readonly state: 'works' | 'absent' | 'broken'
  /** The reason why it is absent or broken. */
  readonly reason?: string
  readonly threads?: number
  readonly checks: readonly CheckResult[]
}

/** How engines are examined. */
export interface ExamineOptions {
  readonly threads: number
  readonly signal?: AbortSignal | undefined
  /** Called after each of the engines' builds. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const buildsOf: Readonly<Record<EngineKind, readonly EngineBuild[]>> = {
  native: ['native-avx512', 'native-avx2', 'native-baseline'],
  wasm: ['wasm-simd'],
  reference: [],
}

/** @param isDamage whether an engine that cannot be opened should be present; then it is broken, not absent */
export async function examineEngines(
  sources: readonly EngineSource[],
  isDamage: (kind: EngineKind, error: EngineError) => boolean,
  { threads, signal, onProgress }: ExamineOptions,
): Promise<EngineHealth[]> {
  const golden = await Promise.all(goldenChecks().map(async (check) => [check, await goldenResult(check)] as const))
  const builds = sources.flatMap((source) => buildsOf[source.kind].map((build) => ({ source, build })))
  const found: EngineHealth[] = []
  for (const [i, { source, build }] of builds.entries()) {
    signal?.throwIfAborted()
    const first = found.findLast((health) => health.build === source.kind)
    if (!first) found.push(await examine(source, build))
    onProgress?.(i + 1, builds.length)
  }
  return found

  async function examine(source: EngineSource, build: EngineBuild): Promise<EngineHealth> {
    let engine: Engine
    try {
      engine = await source.open(threads, build)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      // If no build of the kind can be opened, one line says so for all of them.
      const any = await source.open(1, undefined).then(
        (opened) => opened.dispose().then(() => true),
        () => false,
      )
      const state = isDamage(source.kind, error) ? 'broken' : 'absent'
      return { build: any ? build : source.kind, state, reason: error.message, checks: [] }
    }
    try {
      const checks: CheckResult[] = []
      for (const [check, result] of golden) {
        signal?.throwIfAborted()
        checks.push({ name: check.name, limit: check.limit, error: await largestError(engine, check, result) })
      }
      const wrong = checks.filter(({ error, limit }) => !(error <= limit)).map(({ name }) => name)
      if (wrong.length === 0) return { build, state: 'works', threads: engine.threads, checks }
      const reason = `it computes wrongly: ${wrong.join(', ')}; build it again, and please report it if that does not help`
      return { build, state: 'broken', reason, threads: engine.threads, checks }
    } catch (error) {
      signal?.throwIfAborted()
      return {
        build,
        state: 'broken',
        reason: `it fails: ${error instanceof Error ? error.message : error}`,
        checks: [],
      }
    } finally {
      await engine.dispose()
    }
  }
}
