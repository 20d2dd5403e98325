/** A real Chromium, and a server for its pages. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const executable = [
  process.env.RESNET_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path) => existsSync(path))

/** Where there is no Chromium: why not. Tests that need one are skipped then, unless RESNET_REQUIRE_BROWSER is set. */
export const absent = executable
  ? undefined
  : 'no Chromium was found; install one, or set RESNET_CHROMIUM to the path of its executable'

export const required = Boolean(process.env.RESNET_REQUIRE_BROWSER)

/** A name of this machine that browsers do not trust as they trust localhost. */
export const INSECURE = 'lab.example'

export function launch(): Promise<Browser> {
  if (!executable) throw new Error(absent)
  // Containers rarely allow Chromium's sandbox, and have little shared memory.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`]
  return chromium.launch({ executablePath: executable, args })
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** Serves a folder, with or without the headers of cross-origin isolation. */
export async function serve(folder: string, isolated: boolean): Promise<{ origin: string; close(): void }> {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    const path = join(folder, decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname))
    if (!existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end()
      return
    }
    const type = types[extname(path)] ?? 'application/octet-stream'
    response.writeHead(200, { 'Content-Type': type, ...(isolated && isolation) }).end(readFileSync(path))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
}
