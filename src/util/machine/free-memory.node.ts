/**
 * The memory that this process can still get: of the machine, of its control group in a container, and of its own
 * address space. Linux tells all three. Other systems keep memory full of data that they can drop, so free memory says
 * little there, and the bound is all memory of the machine.
 */
import { readFileSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { posix } from 'node:path'
import type { FreeMemory } from './free-memory.js'

/** Returns the text of a file, or undefined if it cannot be read. */
export type ReadText = (path: string) => string | undefined

const KIB = 1024

/** Returns all known bounds. @param read reads files of /proc and /sys */
export function freeMemory(platform: string = process.platform, read: ReadText = readText): readonly FreeMemory[] {
  if (platform !== 'linux') return [{ bytes: totalmem(), by: 'are all that this machine has', onceAsked: false }]
  const bounds: (FreeMemory | undefined)[] = [machine(read), group(read), addresses(read)]
  return bounds.filter((bound) => bound !== undefined)
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** The number after a name in lines such as `MemAvailable:   1234 kB`. */
function numberAfter(name: string, text: string | undefined): number | undefined {
  const found = text?.match(new RegExp(`^${name}:?\\s+(\\d+)`, 'm'))?.[1]
  return found === undefined ? undefined : Number(found)
}

/** The memory that can be had without ending a program. Swapping out other programs is slow, but does no harm. */
function machine(read: ReadText): FreeMemory {
  const text = read('/proc/meminfo')
  const available = numberAfter('MemAvailable', text)
  const bytes = available === undefined ? freemem() : KIB * (available + (numberAfter('SwapFree', text) ?? 0))
  return { bytes, by: 'are free on this machine', onceAsked: false }
}

/** The tightest of this process's control groups, including those above its own. */
function group(read: ReadText): FreeMemory | undefined {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n')
  const second = lines.find((line) => line.startsWith('0::'))?.slice(3)
  const first = lines.find((line) => line.split(':')[1]?.split(',').includes('memory'))
  const path = first?.split(':').slice(2).join(':') ?? second
  if (path === undefined) return undefined
  const files = first
    ? {
        root: '/sys/fs/cgroup/memory',
        most: 'memory.limit_in_bytes',
        now: 'memory.usage_in_bytes',
        idle: 'total_inactive_file',
      }
    : { root: '/sys/fs/cgroup', most: 'memory.max', now: 'memory.current', idle: 'inactive_file' }
  let least: number | undefined
  // In a container the path may be the host's, of which only the root is visible.
  for (let folder = posix.join('/', path); ; folder = posix.dirname(folder)) {
    const of = (name: string) => read(posix.join(files.root, folder, name))
    const [most, now] = [of(files.most), of(files.now)].map((text) => Number.parseInt(text ?? '', 10))
    if (Number.isFinite(most) && Number.isFinite(now)) {
      // Cached pages of files count as used, but are freed on demand.
      const free = most! - now! + (numberAfter(files.idle, of('memory.stat')) ?? 0)
      least = Math.max(0, Math.min(least ?? Number.POSITIVE_INFINITY, free))
    }
    if (folder === '/') break
  }
  return least === undefined
    ? undefined
    : { bytes: least, by: 'are left of the limit of this container', onceAsked: false }
}

/** The address space that `ulimit -v` leaves. */
function addresses(read: ReadText): FreeMemory | undefined {
  const most = read('/proc/self/limits')?.match(/^Max address space\s+(\d+)/m)?.[1]
  const now = numberAfter('VmSize', read('/proc/self/status'))
  if (most === undefined || now === undefined) return undefined
  return { bytes: Math.max(0, Number(most) - KIB * now), by: 'of address space are left (ulimit -v)', onceAsked: true }
}
