/**
 * Works through pictures one by one and decodes the next one meanwhile. Pictures that cannot be read are named and
 * skipped.
 */
import { DataError, findPictures, type PixelPicture, readPicture } from '../internal.node.js'
import { oneLine, say } from './terminal/output.js'
import { Progress } from './terminal/progress.js'

/** A picture that is skipped, with the reason. */
export interface LeftOut {
  readonly file: string
  readonly reason: string
}

/** The pictures that the given names match, and the names that match none. */
export interface Found {
  readonly files: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

/** Finds pictures name by name, so that an empty folder, or a pattern without a match, does not stop the others. */
export async function findEach(names: readonly string[]): Promise<Found> {
  const files: string[] = []
  const leftOut: LeftOut[] = []
  for (const name of names) {
    const found = await orReason(name, () => findPictures([name], { onNote: say }))
    if ('reason' in found) leftOut.push(found)
    else files.push(...found)
  }
  return { files, leftOut }
}

/**
 * The result of the work on a file, or the reason why it failed, which is printed at once.
 * @throws every error that concerns more than this file
 */
export async function orReason<T extends object>(file: string, work: () => Promise<T>): Promise<T | LeftOut> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    say(error.message)
    return { file, reason: error.message }
  }
}

/**
 * @param options `quiet` if the printed results show the progress; `alpha` for networks that read four channels
 * @param leftOut receives the pictures that could not be read, even if the work fails later
 * @param visit called and awaited for each picture, in order
 */
export async function eachPicture(
  files: readonly string[],
  leftOut: LeftOut[],
  {
    signal,
    quiet = false,
    alpha,
  }: { readonly signal: AbortSignal; readonly quiet?: boolean; readonly alpha?: boolean },
  visit: (file: string, picture: PixelPicture) => Promise<void>,
): Promise<void> {
  const progress = new Progress('pictures', (count) => String(count))
  const open = (file: string | undefined) =>
    file === undefined
      ? undefined
      : readPicture(file, { channels: alpha ? 'rgba' : 'rgb' }).catch((error: unknown) => ({ error }))
  let next = open(files[0])
  try {
    for (const [i, file] of files.entries()) {
      signal.throwIfAborted()
      const found = await next!
      next = open(files[i + 1])
      if (!quiet) progress.update(i, files.length)
      if ('error' in found) {
        if (!(found.error instanceof DataError)) throw found.error
        progress.stop()
        say(oneLine(found.error.message))
        leftOut.push({ file, reason: found.error.message })
      } else await visit(file, found)
    }
  } finally {
    progress.stop()
  }
}

/**
 * @param read the number of pictures that were read
 * @throws DataError (exit code 1) if pictures were skipped
 */
export function failWhere(leftOut: readonly LeftOut[], read: number): void {
  if (leftOut.length > 0)
    throw new DataError(`${leftOut.length} of ${leftOut.length + read} pictures cannot be read; they are named above`)
}
