/**
 * Litter: files in folders of pictures that programs left there, not people. Examples are hidden files and folders,
 * thumbnails, bins, and companion files of another system. It is skipped and counted, so that a note can tell.
 */

/** Lower-case names of files and folders. */
const litter = new Set([
  '__macosx',
  '__pycache__',
  '@eadir',
  '@recycle',
  '@recently-snapshot',
  '#recycle',
  '#snapshot',
  '$recycle.bin',
  'recycler',
  'system volume information',
  'lost+found',
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  'icon\r',
])
/** This package's own folder of decoded pictures. No note mentions it. */
const CACHE = '.resnet-cache'
/** The most kinds that a note names; the others are counted. */
const TOLD = 5

/** Whether a file or folder of this name is skipped. */
export function isLitter(name: string): boolean {
  return name.startsWith('.') || litter.has(name.toLowerCase())
}

/** Counts skipped files and folders. */
export class PassedOver {
  readonly #counts = new Map<string, { files: number; folders: number }>()

  add(name: string, isFolder: boolean): void {
    if (name === CACHE) return
    const kind = name.startsWith('._') ? '._*' : name.trim()
    const count = this.#counts.get(kind) ?? { files: 0, folders: 0 }
    count[isFolder ? 'folders' : 'files'] += 1
    this.#counts.set(kind, count)
  }

  /**
   * A note in one line, for example `passed over: .ipynb_checkpoints (2 folders), Thumbs.db (1 file)`; none if nothing
   * was skipped.
   */
  get notes(): string[] {
    const texts = [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, { files, folders }]) => {
        const counts = [counted(folders, 'folder'), counted(files, 'file')].filter((text) => text !== '')
        return `${kind} (${counts.join(', ')})`
      })
    if (texts.length === 0) return []
    const more = texts.length - TOLD
    return [`passed over: ${texts.slice(0, TOLD).join(', ')}${more > 0 ? ` and ${more} kinds more` : ''}`]
  }
}

function counted(count: number, what: string): string {
  return count === 0 ? '' : `${count} ${what}${count === 1 ? '' : 's'}`
}
