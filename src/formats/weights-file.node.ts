/** Reads a file of weights. If the path is wrong, the error suggests the right one. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isPresetName } from '../spec/presets.js'
import { errorCode, fileError } from '../util/files/error.js'
import type { FileSystem } from '../util/files/system.node.js'
import { printable } from '../util/printable.js'

const isWeights = (name: string) => /\.(safetensors|pth|pt|ckpt)$/.test(name) && !name.startsWith('.')
/** The most files that an error suggests. */
const NAMED = 3

/** @throws DataError naming the file if it cannot be read, with the weights inside or beside it */
export async function readWeightsFile(
  path: string,
  signal?: AbortSignal | undefined,
  files?: Pick<FileSystem, 'read'>,
): Promise<Uint8Array> {
  try {
    return await (files ? files.read(path) : readFile(path, { signal }))
  } catch (error) {
    signal?.throwIfAborted()
    throw fileError(path, 'cannot be read', error, await remedyFor(path, errorCode(error)))
  }
}

async function remedyFor(path: string, code: string | undefined): Promise<string | undefined> {
  if (code === 'EISDIR') {
    const inside = await weightsIn(path)
    return inside.length > 0 ? `name a file in it, such as ${join(path, inside[0]!)}` : 'no weights are in it'
  }
  if (code !== 'ENOENT') return undefined
  if (isPresetName(path))
    return `${path} is the name of a network; give a file of its weights, or a network of the hub: hub:OWNER/NAME`
  const beside = (await weightsIn(dirname(path))).filter((name) => name !== basename(path))
  return beside.length > 0 ? `beside it are ${beside.slice(0, NAMED).join(', ')}` : undefined
}

/** Names of the weight files in a folder, the best form first; none if the folder cannot be read. */
async function weightsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const best = (name: string) => (name.startsWith('best') ? 0 : 1)
  return names
    .filter(isWeights)
    .sort((a, b) => best(a) - best(b) || (a < b ? -1 : 1))
    .map((name) => printable(name, 60))
}
