/**
 * The peers: programs under bench/peers that do the same work with other libraries. Each runs in a process of its own.
 * It introduces itself in a line of JSON. Then it reads numbers, does that many runs, and answers with the seconds.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { EngineError } from '../../internal.node.js'
import type { Contestant } from './contest.js'

export type PeerName = 'PyTorch' | 'ONNX Runtime' | 'TensorFlow.js WASM' | 'jax-js'

const python = '/usr/bin/python3'
const fromNpm = 'npm install --prefix bench --ignore-scripts'

/** The commands that run and install each peer. */
const peers: Readonly<Record<PeerName, { readonly command: string; readonly install: string }>> = {
  PyTorch: { command: python, install: 'apt-get install python3-torch python3-torchvision' },
  'ONNX Runtime': { command: process.execPath, install: fromNpm },
  'TensorFlow.js WASM': { command: process.execPath, install: fromNpm },
  'jax-js': { command: process.execPath, install: fromNpm },
}

/** A peer that is not installed. */
export interface MissingPeer {
  readonly name: PeerName
  /** The reason, and the command that installs it. */
  readonly missing: string
}

/** The introduction of a peer, then its answers. */
export interface PeerLine {
  readonly version?: string
  readonly params?: number
  readonly seconds?: number
  /** The seconds of each of several works. */
  readonly each?: readonly number[]
  readonly bytes?: number
}

/** The folder of the checkout's benches. The published package has none. */
export const benchFolder = fileURLToPath(new URL('../../../bench/', import.meta.url))

/** A running peer. */
export interface Peer extends Contestant {
  readonly name: PeerName
  /** The number of its network's parameters, if it counts them. */
  readonly params: number | undefined
  /** Sends a line and resolves to the answer. */
  ask(line: string): Promise<PeerLine>
}

/** @param folder the folder of the peers: bench/ of a checkout */
export async function openPeer(
  name: PeerName,
  script: string,
  args: readonly string[],
  folder = benchFolder,
): Promise<Peer | MissingPeer> {
  const started = start(name, script, args, folder)
  if (!started) return { name, missing: missingText(name, 'it is run by scripts of the checkout, which are not here') }
  const { child, lines, complaints } = started
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill()
    await once(child, 'exit')
  }
  const next = async (): Promise<PeerLine | undefined> => {
    const { value, done } = await lines.next()
    return done ? undefined : (JSON.parse(value) as PeerLine)
  }
  const about = await next()
  if (!about) {
    await close()
    return absence(name, complaints())
  }
  const ask = async (line: string): Promise<PeerLine> => {
    child.stdin.write(`${line}\n`)
    const answer = await next()
    if (!answer) throw new EngineError(`${name}: it ended in the middle of its work: ${lastLine(complaints())}`)
    return answer
  }
  return {
    name,
    version: about.version ?? '',
    params: about.params,
    pid: child.pid!,
    ask,
    run: async (count) => (await ask(String(count))).seconds!,
    close,
  }
}

/** Runs a peer's script to its end and resolves to the last line that it printed. */
export async function askOnce(
  name: PeerName,
  script: string,
  args: readonly string[],
  folder = benchFolder,
): Promise<PeerLine | MissingPeer> {
  const started = start(name, script, args, folder)
  if (!started) return { name, missing: missingText(name, 'it is run by scripts of the checkout, which are not here') }
  const { child, lines, complaints } = started
  const closed = child.exitCode === null ? once(child, 'close') : undefined
  let last: string | undefined
  for (let line = await lines.next(); !line.done; line = await lines.next()) last = line.value
  await closed
  if (child.exitCode !== 0) return absence(name, complaints())
  return last === undefined ? {} : (JSON.parse(last) as PeerLine)
}

function start(name: PeerName, script: string, args: readonly string[], folder: string) {
  if (!existsSync(`${folder}peers/${script}`)) return undefined
  const child = spawn(peers[name].command, [`${folder}peers/${script}`, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  let text = ''
  child.stderr.on('data', (data: Buffer) => {
    text = (text + data).slice(-10_000)
  })
  child.on('error', (error: NodeJS.ErrnoException) => {
    text += `${error.code} ${error.message}`
  })
  child.stdin.on('error', () => {}) // it has ended: the missing answer says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return { child, lines, complaints: () => text }
}

/** Messages of a program that cannot find its library. Any other message is a failure. */
const notFound = /ENOENT|ModuleNotFoundError|No module named|ERR_MODULE_NOT_FOUND|Cannot find (package|module)/

function absence(name: PeerName, complaints: string): MissingPeer {
  if (notFound.test(complaints)) return { name, missing: missingText(name, 'it is not installed') }
  throw new EngineError(`${name}: it failed before its first turn: ${lastLine(complaints)}`)
}

/** `PyTorch is missing: it is not installed; get it with: apt-get install …` */
export function missingText(name: PeerName, why: string): string {
  return `${name} is missing: ${why}; get it with: ${peers[name].install}`
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'it gave no reason'
}
