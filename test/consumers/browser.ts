/** A real Chromium, and a server for its pages. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

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

/** Containers rarely allow Chromium's sandbox, and have little shared memory. */
const flags = ['--no-sandbox', '--disable-dev-shm-usage', `--host-resolver-rules=MAP ${INSECURE} 127.0.0.1`]

export function launch(): Promise<Browser> {
  if (!executable) throw new Error(absent)
  return chromium.launch({ executablePath: executable, args: flags })
}

/** A Chromium in which tabs behind others are hidden and held back, which Playwright's own switches off. */
export async function launchAsPeopleDo(): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  if (!executable) throw new Error(absent)
  const profile = mkdtempSync(join(tmpdir(), 'resnet-chromium-'))
  const own = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank']
  const child = spawn(executable, [...flags, ...own], { stdio: ['ignore', 'ignore', 'pipe'] })
  const address = await new Promise<string>((resolve, reject) => {
    let told = ''
    child.on('error', reject).on('close', () => reject(new Error(`Chromium ended:\n${told}`)))
    child.stderr.on('data', (data: Buffer) => {
      told += data
      const found = /DevTools listening on (\S+)/.exec(told)?.[1]
      if (found) resolve(found)
    })
  })
  const browser = await chromium.connectOverCDP(address, { noDefaults: true })
  return {
    context: browser.contexts()[0]!,
    close: async () => {
      const ended = new Promise((resolve) => child.once('close', resolve))
      await (await browser.newBrowserCDPSession()).send('Browser.close').catch(() => {})
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
}

const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** Serves a folder, with or without the headers of cross-origin isolation, and with others. */
export async function serve(
  folder: string,
  isolated: boolean,
  others: Readonly<Record<string, string>> = {},
): Promise<{ origin: string; close(): void }> {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    const path = join(folder, decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname))
    if (!existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end()
      return
    }
    const type = types[extname(path)] ?? 'application/octet-stream'
    response.writeHead(200, { 'Content-Type': type, ...(isolated && isolation), ...others }).end(readFileSync(path))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() }
}
