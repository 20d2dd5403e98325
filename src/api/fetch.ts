/** Bytes from the network, with errors that help. */
import { DataError } from '../util/errors.js'

/** @throws DataError naming the address when it cannot be fetched; what `signal` was aborted with */
export async function fetchBytes(address: string | URL, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    const response = await fetch(address, signal ? { signal } : {})
    if (!response.ok)
      throw new DataError(`${address}: cannot be fetched: the server answers ${response.status}, expected 200`)
    return new Uint8Array(await response.arrayBuffer())
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof DataError) throw error
    throw new DataError(
      `${address}: cannot be fetched: ${error instanceof Error ? error.message : error}; is the address right, and does its server allow this page to read it?`,
      { cause: error },
    )
  }
}
