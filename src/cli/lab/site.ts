/**
 * The files of the built lab by their addresses. The server reads no other files. The lab may be rebuilt while the
 * server runs, so the table is refreshed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { ConfigError } from '../../internal.node.js'

export interface SiteFile {
  readonly type: string
  read(): Buffer
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
  '.png': 'image/png',
}

/** A file that is served. */
export interface Site {
  /** @returns undefined if there is no such file */
  get(address: string): SiteFile | undefined
}

/** The least milliseconds between two refreshes for an unknown address, because any client may send one. */
const LOOK_EVERY = 1000

/**
 * @param folder the folder of the built page; it is read again for unknown addresses
 * @throws ConfigError if the lab was not built
 */
export function siteFiles(folder: string): Site {
  let files = filesIn(folder)
  if (!files.has('/'))
    throw new ConfigError(`the lab was not built: nothing lies in ${folder}; run "npm run build:lab"`)
  let looked = performance.now()
  return {
    get: (address) => {
      if (!files.has(address) && performance.now() - looked > LOOK_EVERY) {
        files = filesIn(folder)
        looked = performance.now()
      }
      return files.get(address)
    },
  }
}

function filesIn(folder: string): Map<string, SiteFile> {
  const files = new Map<string, SiteFile>()
  for (const path of listed(folder)) {
    const address = `/${relative(folder, path).replaceAll('\\', '/')}`
    files.set(address, {
      type: types[extname(path)] ?? 'application/octet-stream',
      read: () => readFileSync(path),
    })
  }
  const index = files.get('/index.html')
  return index ? files.set('/', index) : files
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}
