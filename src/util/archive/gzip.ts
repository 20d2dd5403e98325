/** Unpacks gzip files, in Node and in browsers, within the budget of the file. */
import type { Budget } from '../budget.js'
import { printable } from '../printable.js'

/** Whether the first bytes are those of a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * Unpacks a gzip file. The budget pays for each piece before the next one is unpacked.
 * @throws DataError naming the file if it is damaged, or would unpack to more than its budget allows
 */
export async function unpackGzip(packed: Uint8Array, budget: Budget, signal?: AbortSignal): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  const stream = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'))
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: Error) => {
        budget.fail(`damaged: it cannot be unpacked (${printable(error.message, 80)}); copy or download it again`)
      })
      if (done) break
      budget.bytes(value.length)
      pieces.push(value)
      await budget.breathe(signal)
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer())
}
