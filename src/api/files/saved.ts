/** Files of PyTorch, opened: their entries, and words about calls that are not run. */
import { type Contents, contentsOf, inWords, notRunText } from '../../formats/pytorch/contents.js'
import { entriesOf, type SavedEntry } from '../../formats/pytorch/entries.js'
import { openPyTorch } from '../../formats/pytorch/saved-file.js'

/** A file of PyTorch whose numbers are not read yet. */
export interface Saved {
  readonly form: string
  readonly entries: readonly SavedEntry[]
  /** Sentences about calls that were not run. */
  readonly notes: readonly string[]
  /** Reads the numbers of an entry. */
  fill(entry: SavedEntry, signal?: AbortSignal): Promise<void>
  /** The value of the file in words. */
  readonly value: string
  contents(): Contents
}

/**
 * Opens a file; undefined if its first bytes are not those of `torch.save`.
 * @throws DataError if it is damaged or asks for too much
 */
export async function openSaved(bytes: Uint8Array, name: string, signal?: AbortSignal): Promise<Saved | undefined> {
  const file = await openPyTorch(bytes, name, signal)
  if (!file) return undefined
  const note = notRunText(file.notRun)
  return {
    form: file.form,
    entries: entriesOf(file.value, file.budget),
    notes: note === undefined ? [] : [note],
    fill: ({ tensors }, signal) => file.fill([...tensors.values()], signal),
    value: inWords(file.value),
    contents: () => contentsOf(file),
  }
}
