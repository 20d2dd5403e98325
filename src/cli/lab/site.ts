/** The files of the built lab, by the address they are served at: nothing else is ever read for a page. */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative } from 'node:path'
import { ConfigError } from '../../node.js'

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

/**
 * @param folder of the built page
 * @throws ConfigError where it was not built
 */
export function siteFiles(folder: string): ReadonlyMap<string, SiteFile> {
  const files = new Map<string, SiteFile>()
  for (const path of listed(folder)) {
    const address = `/${relative(folder, path).replaceAll('\\', '/')}`
    files.set(address, {
      type: types[extname(path)] ?? 'application/octet-stream',
      read: () => readFileSync(path),
    })
  }
  const index = files.get('/index.html')
  if (!index) throw new ConfigError(`the lab was not built: nothing lies in ${folder}; run "npm run build:lab"`)
  return files.set('/', index)
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
