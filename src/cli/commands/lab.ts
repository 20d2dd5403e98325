/** `resnet lab`: serves the lab to a browser on this machine, and computes for it with the native engine. */
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { ConfigError, EngineError, openEngine } from '../../internal.node.js'
import { jsonOption, threadCount, whole } from '../flags/options.js'
import { offerCompute } from '../lab/compute.js'
import { LOOPBACK, serveSite } from '../lab/server.js'
import { siteFiles } from '../lab/site.js'
import { interruptible, sameCommand } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { print } from '../terminal/output.js'

interface Flags {
  readonly port: number
  readonly threads?: number
  readonly json?: true
}

/** The default port. It is the same each time, because a browser keeps saved data by address. */
const PORT = 4417
const page = fileURLToPath(new URL('../../../lab/dist/page', import.meta.url))
const service = new URL('../../../lab/dist/service.js', import.meta.url)
/** The bytes of the token, too many to guess. */
const TOKEN_BYTES = 18

export function labCommand(): Command {
  return new Command()
    .option('--port <n>', 'where to listen on this machine; 0: wherever there is room', portNumber, PORT)
    .option('--threads <n>', 'threads of the native engine (default: one per processor)', threadCount)
    .addOption(jsonOption('{ url, port, engine }, once it listens; engine: the native one, or null'))
    .addHelpText(
      'after',
      '\nListens on the loopback address only, for pages of its own only. The address it prints holds a token: pages opened ' +
        `with it\nmay compute with the native engine. Ends with Ctrl-C.\n${examples('lab --port 8000')}`,
    )
    .action((flags: Flags) =>
      interruptible(
        (signal) => run(flags, signal),
        () => `the lab has ended; what its pages keep stays in the browser; again with: ${sameCommand()}`,
      ),
    )
}

function portNumber(value: string): number {
  const port = whole(0)(value)
  if (port > 65535) throw new InvalidArgumentError('Expected a whole number from 0 to 65535.')
  return port
}

async function run({ port, threads, json }: Flags, signal: AbortSignal): Promise<void> {
  const lab = await serveSite(siteFiles(page), port).catch((error: NodeJS.ErrnoException) => {
    throw listenError(port, error)
  })
  const native = await nativeBuild()
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const compute = 'build' in native ? offerCompute(lab, { token, service, threads }) : undefined
  try {
    const site = `http://${LOOPBACK}:${lab.port}/`
    const url = compute ? `${site}#/race?token=${token}` : site
    if (json) print(JSON.stringify({ url, port: lab.port, engine: native.build ?? null }))
    else {
      print(`The lab is at ${url}  (Ctrl-C ends it)`)
      print(
        compute ? `It computes with ${native.build}, or in the page.` : `It computes in the page: ${native.lacking}.`,
      )
    }
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  } finally {
    await compute?.close()
    await lab.close()
  }
}

/** The error in words, with the remedy. */
export function listenError(port: number, error: NodeJS.ErrnoException): Error {
  const other = 'choose another one with --port, or 0 for any'
  if (error.code === 'EADDRINUSE') return new ConfigError(`port ${port} is taken, perhaps by another lab; ${other}`)
  if (error.code === 'EACCES' || error.code === 'EPERM')
    return new ConfigError(
      `port ${port} is not yours to listen on: those below 1024 are often the administrator's; ${other}`,
      { cause: error },
    )
  if (error.code === 'EMFILE' || error.code === 'ENFILE')
    return new ConfigError(
      'the lab cannot listen: too many files are open on this computer; close some programs, or raise the limit (ulimit -n)',
      { cause: error },
    )
  if (error.code === 'EADDRNOTAVAIL')
    return new ConfigError(`the lab cannot listen: this computer has no loopback address ${LOOPBACK}`, { cause: error })
  return error
}

/** The build of the native engine, or the reason why it is missing. */
async function nativeBuild(): Promise<
  { readonly build: string; lacking?: never } | { build?: never; readonly lacking: string }
> {
  try {
    await using engine = await openEngine({ engine: 'native', threads: 1 })
    return { build: engine.build }
  } catch (error) {
    if (error instanceof EngineError) return { lacking: error.message }
    throw error
  }
}
