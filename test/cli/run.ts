/** Runs bin/resnet.js on what was built, as a person does. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const script = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin', 'resnet.js')

export interface Outcome {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

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

export function resnet(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
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
