/**
 * Calls the command line as it was built, as a person does. Starting Node and loading the package takes a second of the
 * processor, so of each command a file of tests starts the first call in a process of its own, with all that needs one;
 * the others call `main` within the process of the tests.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin', 'resnet.js')

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** All but `cwd` need a process of their own. */
export interface RunOptions {
  readonly cwd?: string
  /** Called with standard error so far, whenever there is more of it. */
  readonly onErr?: (text: string, stop: (signal: NodeJS.Signals) => void) => void
  /** Closes the pipe of standard output after its first piece, as `head` does. */
  readonly closeOut?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** A module that Node loads first. */
  readonly preload?: string
}

/** Commands that were called before. */
const called = new Set<string | undefined>()
/** Where the command line was loaded within this process: what it prints to be typed depends on it. */
let loadedIn: string | undefined
/** Calls within this process stand in a queue, as they share its streams and its folder. */
let last: Promise<unknown> = Promise.resolve()

export function resnet(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { cwd = process.cwd(), ...others } = options
  const isFirst = !called.has(args[0])
  called.add(args[0])
  if (isFirst || Object.keys(others).length > 0 || (loadedIn ?? cwd) !== cwd) return resnetAlone(args, options)
  loadedIn = cwd
  const outcome = last.then(() => withinProcess(args, cwd))
  last = outcome.catch(() => {})
  return outcome
}

/** The same, in a process of its own in any case. */
export function resnetAlone(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const preload = options.preload === undefined ? [] : ['--import', options.preload]
    const child = spawn(process.execPath, [...preload, script, ...args], {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (data: Buffer) => {
      out += data
      if (options.closeOut) child.stdout.destroy()
    })
    child.stderr.on('data', (data: Buffer) => {
      err += data
      options.onErr?.(err, (signal) => child.kill(signal))
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

async function withinProcess(args: readonly string[], cwd: string): Promise<Outcome> {
  const before = process.cwd()
  const { argv } = process
  const atExit = process.listeners('exit')
  const out = captured(process.stdout)
  const err = captured(process.stderr)
  try {
    process.chdir(cwd)
    process.argv = [process.execPath, script, ...args]
    const { main } = await import('./main.mjs')
    const code = await main(args)
    for (const left of process.listeners('exit').filter((listener) => !atExit.includes(listener))) {
      process.off('exit', left)
      left(code) // as at the end of the process
    }
    return { code, out: out.text, err: err.text }
  } finally {
    process.argv = argv
    process.chdir(before)
    out.release()
    err.release()
  }
}

/** Takes what is written to a stream, which is no terminal meanwhile. */
function captured(stream: NodeJS.WriteStream): { readonly text: string; release(): void } {
  const { write } = stream
  const terminal = Object.getOwnPropertyDescriptor(stream, 'isTTY')
  let text = ''
  stream.setMaxListeners(0) // each call listens for errors, as if the process were its own
  Object.defineProperty(stream, 'isTTY', { value: false, configurable: true, writable: true })
  stream.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
    const done = rest.at(-1)
    if (typeof done === 'function') process.nextTick(done as () => void)
    return true
  }) as typeof write
  return {
    get text() {
      return text
    },
    release() {
      stream.write = write
      if (terminal) Object.defineProperty(stream, 'isTTY', terminal)
      else Reflect.deleteProperty(stream, 'isTTY')
    },
  }
}
