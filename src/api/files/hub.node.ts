/**
 * Fetches networks of the Hugging Face Hub, each of them once. The hub lists the files and their hashes. Each file is
 * downloaded beside its place, and moved there when it is whole and its hash is right. The list of files is written last.
 * If that list exists, the hub is not asked again.
 */
import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type CheckSum, download, networkReason } from '../../data/cifar/download.node.js'
import { DataError } from '../../util/errors.js'
import { fileError } from '../../util/files/error.js'
import { makeFolder } from '../../util/files/folder.node.js'
import { writeAtomically } from '../../util/files/write.node.js'
import { type HubOptions, noWeights } from './hub.js'
import { configFile, fileAddress, type HubFiles, type HubName, hubAddress, weightFiles } from './hub-name.js'

/** The list of what was fetched: a network in the cache is whole when it is there. */
const LIST = 'resnet-files.json'

/** A file on the hub, as the hub lists it. */
interface Listed {
  readonly path: string
  readonly size: number
  readonly sum: CheckSum
}

/** The folder of downloaded networks, by default. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'resnet.ts')
}

/**
 * The files of a network: from the cache, or from the hub into it.
 * @throws DataError when there is no such network, it asks for a login, it cannot be fetched, or what arrives is not what
 * the hub lists
 */
export async function filesFromHub(name: HubName, options: HubOptions = {}): Promise<HubFiles> {
  const { cache = cacheFolder(), signal } = options
  const folder = join(cache, 'hub', name.repository, encodeURIComponent(name.revision))
  const listPath = join(folder, name.file === undefined ? LIST : `${encodeURIComponent(name.file)}.${LIST}`)
  const place = (path: string) => join(folder, ...path.split('/'))
  const paths = (await keptPaths(listPath, place)) ?? (await fetchAll(name, folder, listPath, place, options))
  const [weights, config] = await Promise.all(
    paths.map((path) =>
      readFile(place(path), signal ? { signal } : {}).catch((error: unknown) => {
        throw fileError(place(path), 'cannot be read', error)
      }),
    ),
  )
  return { weights: weights!, config }
}

/** Paths of the weights and, where there are any, the settings; undefined where the cache lacks some. */
async function keptPaths(list: string, place: (path: string) => string): Promise<string[] | undefined> {
  try {
    const { files } = JSON.parse(await readFile(list, 'utf8')) as { files: { path: string; size: number }[] }
    for (const { path, size } of files) if ((await stat(place(path))).size !== size) return undefined
    return files.length > 0 ? files.map(({ path }) => path) : undefined
  } catch {
    return undefined
  }
}

async function fetchAll(
  name: HubName,
  folder: string,
  list: string,
  place: (path: string) => string,
  options: HubOptions,
): Promise<string[]> {
  const { hub = hubOf(), onProgress, onRetry, pause, signal, token = process.env.HF_TOKEN } = options
  const page = `${hub}/${name.repository}`
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const there = await filesAt(name, hub, headers, folder, options)
  const weights = (name.file === undefined ? weightFiles : [name.file]).flatMap((path) => there.get(path) ?? [])[0]
  if (!weights)
    throw new DataError(name.file === undefined ? noWeights(name) : `hub:${name.repository}: holds no ${name.file}`)
  const config = there.get(configFile)
  const files = [weights, ...(config ? [config] : [])]
  await makeFolder(folder)
  for (const { path, size, sum } of files) {
    const url = fileAddress(name, path, hub)
    const remedy = `look at ${page}, and where it asks for a login set HF_TOKEN to a token of yours`
    await download(
      { url, file: place(path), sum, mostBytes: size, headers, remedy },
      { onRetry, pause, signal, ...(path === weights.path ? { onProgress } : {}) },
    )
  }
  await writeAtomically(list, new TextEncoder().encode(JSON.stringify({ format: 1, files })))
  return files.map(({ path }) => path)
}

function hubOf(): string {
  return (process.env.HF_ENDPOINT || hubAddress).replace(/\/+$/, '')
}

/** The useful files that the hub has, by path. */
async function filesAt(
  { repository, revision, file }: HubName,
  hub: string,
  headers: Readonly<Record<string, string>>,
  folder: string,
  { signal }: HubOptions,
): Promise<Map<string, Listed>> {
  const who = `hub:${repository}`
  const page = `${hub}/${repository}`
  const paths = [...(file === undefined ? weightFiles : [file]), configFile]
  const response = await fetch(`${hub}/api/models/${repository}/paths-info/${encodeURIComponent(revision)}`, {
    method: 'POST',
    headers: { ...headers, accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ paths }),
    signal: AbortSignal.any([AbortSignal.timeout(30_000), ...(signal ? [signal] : [])]),
  }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw new DataError(
      `${who}: is not in the cache ${folder}, and ${hub} cannot be reached: ${networkReason(error)}; connect once, or give the path of a file that was downloaded from ${page}`,
      { cause: error },
    )
  })
  const { status } = response
  if (status === 401 || status === 403)
    throw new DataError(
      `${who}: ${hub} answers ${status}: there is no such network, or it asks for a login; look at ${page}, and set HF_TOKEN to a token of yours where that is needed`,
    )
  if (status === 404)
    throw new DataError(
      `${who}: ${hub} answers 404: there is no such network, or no revision ${revision}; look at ${page}`,
    )
  if (!response.ok) throw new DataError(`${who}: ${hub} answers ${status}, expected 200; try again later`)
  const entries: unknown = await response.json().catch(() => undefined)
  if (!Array.isArray(entries)) throw new DataError(`${who}: ${hub} answers with something else than a list of files`)
  return new Map(entries.flatMap((entry) => listed(entry)).map((found) => [found.path, found]))
}

/** Large files are listed with their SHA-256, others with that of git: over a line with kind and length. */
function listed(entry: {
  readonly path?: unknown
  readonly size?: unknown
  readonly oid?: unknown
  readonly lfs?: { readonly oid?: unknown }
}): Listed[] {
  const { path, size, oid, lfs } = entry ?? {}
  if (typeof path !== 'string' || !Number.isSafeInteger(size)) return []
  const isHex = (value: unknown, length: number): value is string =>
    typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value)
  const file = { path, size: Number(size) }
  if (isHex(lfs?.oid, 64)) return [{ ...file, sum: { algorithm: 'sha256', hex: lfs.oid } }]
  return isHex(oid, 40) ? [{ ...file, sum: { algorithm: 'sha1', hex: oid, prefix: `blob ${size}\0` } }] : []
}
