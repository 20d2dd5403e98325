/** One input, watched: what it ends in, the processor's time and the memory that it takes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { crc32 } from '../../src/util/crc32.js'
import { ResnetError } from '../../src/util/errors.js'
import { Random } from '../../src/util/random.js'
import type { Reader } from './readers.js'

/** Characters of a message. */
const MOST_MESSAGE = 4000
/** Seconds of the processor that an input may take. */
const MOST_SECONDS = 1
/** Bytes that the process may grow by while it reads one. */
const MOST_BYTES = 300e6

/** The input of a number: the same for the same seed, whichever others are run. */
export async function inputOf(reader: Reader, seed: number, index: number): Promise<Uint8Array> {
  return reader.make(new Random(seed, crc32(new TextEncoder().encode(reader.name)), index))
}

/** What is wrong with how an input ends; undefined where nothing is. */
export async function faultOf(reader: Reader, bytes: Uint8Array): Promise<string | undefined> {
  try {
    await reader.read(bytes)
    return undefined
  } catch (error) {
    if (!(error instanceof ResnetError))
      return reader.expects?.(error)
        ? undefined
        : `a raw error: ${error instanceof Error ? error.stack : String(error)}`
    const { message } = error
    if (message.length > MOST_MESSAGE) return `a message of ${message.length} characters: ${message.slice(0, 200)}`
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not reach a terminal
    const steering = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.exec(message)
    if (steering && !reader.namesOfDisk)
      return `a message with ${JSON.stringify(steering[0])} in it: ${JSON.stringify(message.slice(0, 300))}`
    return undefined
  }
}

const seconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** The largest memory of the process since `forgetPeak`, in bytes; 0 where Linux does not tell. */
function peak(): number {
  try {
    return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // not on Linux
  }
}

/** Who hears of several inputs while they are read. */
export interface Listener {
  begins(place: number): void
  fails(place: number, fault: string): void
}

/**
 * Reads several inputs and tells their faults by their places. The inputs are watched together, as looking at the memory
 * of a process costs more than most inputs do; each of them is watched alone only where they take much together.
 */
export async function watchGroup(reader: Reader, inputs: readonly Uint8Array[], listener: Listener): Promise<void> {
  const faulty = new Set<number>()
  const look = async (place: number, fault: Promise<string | undefined>) => {
    const text = await fault
    if (text === undefined || faulty.has(place)) return
    faulty.add(place)
    listener.fails(place, text)
  }
  forgetPeak()
  const [before, start] = [process.memoryUsage.rss(), seconds()]
  for (const [place, bytes] of inputs.entries()) {
    listener.begins(place)
    await look(place, faultOf(reader, bytes))
  }
  if (peak() - before <= MOST_BYTES && seconds() - start <= MOST_SECONDS) return
  globalThis.gc?.() // or the garbage of the first reading hides the growth of the second
  for (const [place, bytes] of inputs.entries()) {
    listener.begins(place)
    await look(place, watchedFault(reader, bytes))
  }
}

/** As `faultOf`, and whether it takes too long or too much memory: both are looked at twice, as others are at work too. */
async function watchedFault(reader: Reader, bytes: Uint8Array): Promise<string | undefined> {
  let fault: string | undefined
  for (let tries = 0; tries < 2; tries++) {
    forgetPeak()
    const [began, before] = [seconds(), process.memoryUsage.rss()]
    const ended = await faultOf(reader, bytes)
    if (ended !== undefined) return ended
    const [took, grew] = [seconds() - began, peak() - before]
    fault =
      took > MOST_SECONDS
        ? `${took.toFixed(2)} seconds of the processor, more than ${MOST_SECONDS}`
        : grew > MOST_BYTES
          ? `${Math.round(grew / 1e6)} MB of memory, more than ${MOST_BYTES / 1e6}`
          : undefined
    if (fault === undefined) return undefined
    globalThis.gc?.()
  }
  return fault
}
