/** Pictures of one's own to race on, from files that the page was given; named by the hash of all of them. */
import type { Dataset, OpenedFile } from '../../../src/internal.js'
import type { Context } from './context.js'
import type { Library } from './library.js'

/** Pictures in memory. */
export type PictureSet = Dataset<Uint8Array>

/** Pictures as the page names them. */
export interface DataName {
  /** SHA-256 over the files' paths and contents. */
  readonly hash: string
  /** Pixels along a side. */
  readonly size: number
}

/** The facts about them that the page shows. */
export interface DataFacts extends DataName {
  readonly name: string
  readonly classes: readonly string[]
  readonly train: number
  readonly test: number
  /** Files that were left out, and why the first one was. */
  readonly unreadable: number
  readonly reason: string
  /** Sentences about what was passed over, and about what may be wrong with the pictures. */
  readonly notes: readonly string[]
}

/** An evaluation comes every 25 steps and must not take longer than they do. */
const TEST_LIMIT = 500

export type FindData = (name: DataName) => PictureSet

export function dataCalls(library: Library) {
  let files: OpenedFile[] = []
  /** One set at a time: it may be large. */
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
      /** One file of those that will be read; `first` forgets what was given before. */
      'data.file': async ({ file, first }: { file: OpenedFile; first: boolean }): Promise<void> => {
        if (first) files = []
        files.push(file)
      },

      /**
       * Makes a data set of the files.
       * @throws when they are none, or others than `wanted`
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

      /** A set that was kept. */
      'data.put': async ({ name, set }: { name: DataName; set: PictureSet }): Promise<DataFacts> => take(name, set),
    },
  }
}

/** The same for a folder of another name. */
function hashOf(library: Library, files: readonly OpenedFile[]): string {
  const lines = files.map(({ path, bytes }) => `${path.slice(path.indexOf('/') + 1)}\n${library.sha256(bytes)}\n`)
  return library.sha256(new TextEncoder().encode(lines.sort().join('')))
}
