/**
 * Litter: files that programs leave in folders of pictures, and no person put there: hidden files and folders, thumbnails, bins, and
 * halves of files of another system. It is passed over, and counted so that it can be said.
 */

/** Names without their case, of files and folders alike. */
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
/** Of this package: decoded pictures. It is nobody else's, so nothing needs to be said. */
const CACHE = '.resnet-cache'
/** Kinds that are told, of more the number. */
const TOLD = 5

/** Whether a file or folder of this name is passed over. */
export function isLitter(name: string): boolean {
  return name.startsWith('.') || litter.has(name.toLowerCase())
}

/** Counts what was passed over. */
export class PassedOver {
  readonly #counts = new Map<string, { files: number; folders: number }>()

  add(name: string, isFolder: boolean): void {
    if (name === CACHE) return
    const kind = name.startsWith('._') ? '._*' : name.trim()
    const count = this.#counts.get(kind) ?? { files: 0, folders: 0 }
    count[isFolder ? 'folders' : 'files'] += 1
    this.#counts.set(kind, count)
  }

  /** In a line, for example `passed over: .ipynb_checkpoints (2 folders), Thumbs.db (1 file)`; none where nothing was. */
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
