/** The user's own pictures for a race, from opened files, named by the hash of all of them. */
import type { Dataset, OpenedFile } from '../../../src/internal.js'
import type { Context } from './context.js'
import type { Library } from './library.js'

/** Pictures in memory. */
export type PictureSet = Dataset<Uint8Array>

/** The name of pictures in an address. */
export interface DataName {
  /** SHA-256 over the files' paths and contents. */
  readonly hash: string
  /** Side of the pictures in pixels. */
  readonly size: number
}

/** The facts about pictures that the page shows. */
export interface DataFacts extends DataName {
  readonly name: string
  readonly classes: readonly string[]
  readonly train: number
  readonly test: number
  /** Number of files left out, and the reason for the first one. */
  readonly unreadable: number
  readonly reason: string
  /** Sentences about skipped files and about possible mistakes in the pictures. */
  readonly notes: readonly string[]
}

/** An evaluation runs every 25 steps and must not take longer than they do. */
const TEST_LIMIT = 500

export type FindData = (name: DataName) => PictureSet

export function dataCalls(library: Library) {
  let files: OpenedFile[] = []
  /** Only one set at a time, because it may be large. */
  let open: { readonly name: DataName; readonly set: PictureSet } | undefined

  const find: FindData = ({ hash, size }) => {
    if (open?.name.hash !== hash || open.name.size !== size)
      throw new library.ConfigError('race: the pictures that this address names are not open')
    return open.set
  }
  const take = (name: DataName, set: PictureSet): DataFacts => {
    open = { name, set }
    const { classes, train, test, unreadable = [], notes = [] } = set
    const facts = { name: set.name, classes, train: train.count, test: test.count }
    return { ...name, ...facts, unreadable: unreadable.length, reason: unreadable[0]?.reason ?? '', notes }
  }

  return {
    find,
    calls: {
      /** Takes one file of those to read; `first` drops earlier ones. */
      'data.file': async ({ file, first }: { file: OpenedFile; first: boolean }): Promise<void> => {
        if (first) files = []
        files.push(file)
      },

      /**
       * Makes a data set of the files.
       * @throws if they are not pictures, or not the `wanted` ones
       */
      'data.read': async (
        { size, wanted }: { size: number; wanted?: string },
        { emit, signal }: Context<{ readonly done: number; readonly total: number }>,
      ): Promise<DataFacts> => {
        const given = files
        files = []
        const hash = hashOf(library, given)
        if (wanted !== undefined && hash !== wanted)
          throw new library.ConfigError(
            `these are other pictures: their sha256 begins with ${hash.slice(0, 12)}, this address names ${wanted.slice(0, 12)}`,
          )
        const onPicture = (done: number, total: number) => done % 20 === 0 && emit({ done, total })
        const set = await library.openedData(given, { size, testLimit: TEST_LIMIT, onPicture, signal })
        return take({ hash, size }, set)
      },

      /** The open set, to be kept. */
      'data.get': async (name: DataName): Promise<PictureSet> => find(name),

      /** Opens a set that was kept. */
      'data.put': async ({ name, set }: { name: DataName; set: PictureSet }): Promise<DataFacts> => take(name, set),
    },
  }
}

/** The hash does not depend on the name of the outer folder. */
function hashOf(library: Library, files: readonly OpenedFile[]): string {
  const lines = files.map(({ path, bytes }) => `${path.slice(path.indexOf('/') + 1)}\n${library.sha256(bytes)}\n`)
  return library.sha256(new TextEncoder().encode(lines.sort().join('')))
}
