/** Works through pictures one by one, the next being decoded meanwhile; names those that cannot be read and goes on. */
import { DataError, readPicture, type WholePicture } from '../node.js'
import { say } from './output.js'
import { Progress } from './progress.js'

/** A picture that is left out, and why. */
export interface LeftOut {
  readonly file: string
  readonly reason: string
}

/**
 * @param options `quiet` where what is printed shows how far it is; `alpha` for networks that read four channels
 * @param visit is awaited for each picture, in order
 * @returns what could not be read
 */
export async function eachPicture(
  files: readonly string[],
  {
    signal,
    quiet = false,
    alpha,
  }: { readonly signal: AbortSignal; readonly quiet?: boolean; readonly alpha?: boolean },
  visit: (file: string, picture: WholePicture) => Promise<void>,
): Promise<readonly LeftOut[]> {
  const leftOut: LeftOut[] = []
  const progress = new Progress('pictures', (count) => String(count))
  const open = (file: string | undefined) =>
    file === undefined ? undefined : readPicture(file, { alpha }).catch((error: unknown) => ({ error }))
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
        say(found.error.message)
        leftOut.push({ file, reason: found.error.message })
      } else await visit(file, found)
    }
  } finally {
    progress.stop()
  }
  return leftOut
}

/** @throws DataError, and so exit code 1, where pictures were left out */
export function failWhere(leftOut: readonly LeftOut[], of: number): void {
  if (leftOut.length > 0)
    throw new DataError(`${leftOut.length} of ${of} pictures cannot be read; they are named above`)
}
