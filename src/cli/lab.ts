/** `resnet lab`: serves the lab to the browser of this machine. */
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { ConfigError } from '../node.js'
import { interruptible } from './interrupt.js'
import { LOOPBACK, serveSite } from './lab/server.js'
import { siteFiles } from './lab/site.js'
import { jsonOption, whole } from './options.js'
import { print } from './output.js'

interface Flags {
  readonly port: number
  readonly json?: true
}

/** The same each time: what a page has saved belongs to its address. */
const PORT = 4417
const page = fileURLToPath(new URL('../../lab/dist/page', import.meta.url))

export function labCommand(): Command {
  return new Command()
    .option('--port <n>', 'where to listen on this machine; 0: wherever there is room', whole(0), PORT)
    .addOption(jsonOption('{ url, port }, once it listens'))
    .addHelpText(
      'after',
      '\nListens on the loopback address only, for pages of its own only. Ends with Ctrl-C.\n\n' +
        'Example:\n  $ resnet lab --port 8000',
    )
    .action((flags: Flags) => interruptible((signal) => run(flags, signal)))
}

async function run({ port, json }: Flags, signal: AbortSignal): Promise<void> {
  const site = await serveSite(siteFiles(page), port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error
    throw new ConfigError(`port ${port} is taken, perhaps by another lab; choose another one with --port, or 0 for any`)
  })
  const url = `http://${LOOPBACK}:${site.port}/`
  print(json ? JSON.stringify({ url, port: site.port }) : `The lab is at ${url}  (Ctrl-C ends it)`)
  try {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  } finally {
    await site.close()
  }
}
