/** Names files as addresses do. */
import type { Library } from './library.js'

export function fileCalls(library: Library) {
  return {
    /** The SHA-256 of a file's bytes, in 64 hexadecimal digits. */
    'file.hash': async ({ bytes }: { bytes: Uint8Array }): Promise<string> => library.sha256(bytes),
  }
}
