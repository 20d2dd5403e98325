/**
 * Stores races, one file each, named by the settings in the address. A file holds the length of a JSON text, the text
 * (all that the page shows), and the checkpoints of both nets, which have their own check sums.
 */
import type { LayerNorm, RacerKind } from '../compute/race.js'
import { KeptFolder } from './folder.js'
import { hasLocks, isFree } from './lock.js'

export type Points = readonly (readonly [step: number, error: number])[]

/** The facts about a race that the page shows. */
export interface RaceHistory {
  readonly step: number
  readonly epoch: number
  readonly train: Readonly<Record<RacerKind, Points>>
  readonly test: Readonly<Record<RacerKind, Points>>
  readonly norms: Readonly<Partial<Record<RacerKind, readonly LayerNorm[]>>>
}

export type Checkpoints = Readonly<Record<RacerKind, Uint8Array>>

export interface KeptRace {
  readonly history: RaceHistory
  readonly checkpoints: Checkpoints
}

/** A stored race, with the time it was written. */
export interface FoundRace extends KeptRace {
  readonly at: Date
}

const FORMAT = 1
const kinds = ['plain', 'residual'] as const
interface Header {
  readonly format: number
  readonly history: RaceHistory
  /** Lengths in bytes. */
  readonly lengths: Readonly<Record<RacerKind, number>>
}

/** Room for the latest races. ResNet-44 and its twin take 11 MB. */
const bounds = { files: 24, bytes: 400e6 }

export const lockOf = (key: string) => `resnet-lab-race-${key}`

export class KeptRaces {
  readonly #folder: KeptFolder
  private constructor(folder: KeptFolder) {
    this.#folder = folder
  }

  /** Without locks two tabs could overwrite each other's race, so nothing is kept. */
  static async open(): Promise<KeptRaces | undefined> {
    const folder = hasLocks() ? await KeptFolder.open('races', bounds) : undefined
    return folder && new KeptRaces(folder)
  }

  /** undefined if there is none. @throws Error if it is invalid */
  async read(key: string): Promise<FoundRace | undefined> {
    const file = await this.#folder.read(key)
    return file && { ...(await decode(file)), at: new Date(file.lastModified) }
  }

  /** Only the holder of a race's lock may write it. @throws Error with an explanation if there is no room */
  write(key: string, race: KeptRace): Promise<void> {
    return this.#folder.write(key, encode(race), (name) => isFree(lockOf(name)))
  }
}

/** A name for the settings in an address. */
export async function keyOf(address: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(address))
  return Array.from(new Uint8Array(digest).subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function encode({ history, checkpoints }: KeptRace): Blob {
  const lengths = { plain: checkpoints.plain.length, residual: checkpoints.residual.length }
  const header = new TextEncoder().encode(JSON.stringify({ format: FORMAT, history, lengths } satisfies Header))
  const parts = kinds.map((kind) => checkpoints[kind] as Uint8Array<ArrayBuffer>)
  return new Blob([Uint32Array.of(header.length), header, ...parts])
}

/** @throws Error if it is not such a file */
async function decode(file: Blob): Promise<KeptRace> {
  const bytes = async (from: number, length: number) =>
    new Uint8Array(await file.slice(from, from + length).arrayBuffer())
  const length = new Uint32Array((await bytes(0, 4)).buffer)[0]!
  const { format, history, lengths } = JSON.parse(new TextDecoder().decode(await bytes(4, length))) as Header
  if (format !== FORMAT || file.size !== 4 + length + lengths.plain + lengths.residual)
    throw new Error('another format')
  const plain = await bytes(4 + length, lengths.plain)
  return { history, checkpoints: { plain, residual: await bytes(4 + length + lengths.plain, lengths.residual) } }
}
