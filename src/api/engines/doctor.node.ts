/** `doctor`: checks that everything this package needs is present and correct, and names the remedy for each fault. */

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import type { EngineError } from '../../util/errors.js'
import { callback, expectOptions, list, signal, whole } from '../../util/expect.js'
import { freeMemory } from '../../util/machine/free-memory.node.js'
import { type EngineKind, type EngineSource, mostThreads } from './choice.js'
import { type EngineHealth, type ExamineOptions, examineEngines } from './doctor-engines.js'
import { nodeEnvironment } from './environment.node.js'

/** The findings of `doctor`. */
export interface DoctorReport {
  /** True if no fault was found. */
  readonly ok: boolean
  /** A sentence for each fault, with its remedy. */
  readonly problems: readonly string[]
  /** The version of this package. */
  readonly version: string
  readonly node: { readonly version: string; readonly required: string }
  /** For example `linux x64`. */
  readonly platform: string
  readonly processor: string
  /** The threads that engines use by default: one for each processor. */
  readonly threads: number
  /** In bytes. `available` is the memory that this process may still take. */
  readonly memory: { readonly total: number; readonly available: number }
  readonly engines: readonly EngineHealth[]
  /** Packages that some functions need. */
  readonly packages: readonly PackageHealth[]
}

/** A package that some functions need. */
export interface PackageHealth {
  readonly name: string
  readonly purpose: string
  /** The version; left out if the package cannot be loaded. */
  readonly version?: string
  readonly reason?: string
}

/** Options of `doctor`. */
export interface DoctorOptions extends Partial<ExamineOptions> {
  /** The engines to examine. Default: the engines of this machine. */
  readonly sources?: readonly EngineSource[]
}

/** Examines this machine: a few seconds. */
export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  expectOptions(options, 'doctor: options', { threads: whole(1), sources: list, signal, onProgress: callback })
  const { sources, threads: processors } = nodeEnvironment()
  const threads = Math.min(options.threads ?? processors, mostThreads(processors))
  const { version, engines: requires } = manifest()
  const facts = {
    version,
    node: { version: process.versions.node, required: requires.node },
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() || 'unknown',
    threads: availableParallelism(),
    // For a process without a limit, Node reports a limit of 0 bytes or one above the memory of the machine.
    memory: {
      total: Math.min(process.constrainedMemory() || totalmem(), totalmem()),
      available: Math.min(...freeMemory().map(({ bytes }) => bytes)),
    },
    engines: await examineEngines(options.sources ?? sources, isDamage, { ...options, threads }),
    packages: await Promise.all([examineSharp()]),
  }
  const problems = problemsOf(facts)
  return { ok: problems.length === 0, problems, ...facts }
}

function manifest(): { readonly version: string; readonly engines: { readonly node: string } } {
  return JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as ReturnType<
    typeof manifest
  >
}

/** WebAssembly comes with the package. The addon may not have been built, but if it was, it must load. */
function isDamage(kind: EngineKind, { cause }: EngineError): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return kind === 'wasm' || (code !== undefined && code !== 'MODULE_NOT_FOUND')
}

async function examineSharp(): Promise<PackageHealth> {
  const known = { name: 'sharp', purpose: 'folders of pictures' }
  try {
    const { default: sharp } = await import('sharp')
    return { ...known, version: sharp.versions.sharp ?? 'unknown' }
  } catch (error) {
    return { ...known, reason: error instanceof Error ? error.message.split('\n')[0]! : String(error) }
  }
}

/** The faults among the findings. */
export function problemsOf(facts: Omit<DoctorReport, 'ok' | 'problems'>): string[] {
  const { node, engines, packages } = facts
  const problems: string[] = []
  const least = node.required.replace('>=', '')
  if (isOlder(node.version, least)) problems.push(`Node ${node.version} is too old: install ${least} or newer`)
  for (const { build, state, reason } of engines) if (state === 'broken') problems.push(`${build}: ${reason}`)
  if (!engines.some(({ state }) => state === 'works'))
    problems.push('no fast engine works here: only "--engine reference" is left, some hundred times slower')
  for (const { name, purpose, reason } of packages)
    if (reason !== undefined)
      problems.push(`${name} cannot be loaded, so there are no ${purpose}: ${reason}; run "npm install"`)
  return problems
}

function isOlder(version: string, least: string): boolean {
  const [have, need] = [version, least].map((text) => text.split('.').map(Number))
  for (let i = 0; i < need!.length; i++) if (have![i] !== need![i]) return (have![i] ?? 0) < need![i]!
  return false
}
