/** Bytes from the network, with errors that help. */
import { DataError } from '../../util/errors.js'

/** @throws DataError naming the address when it cannot be fetched; what `signal` was aborted with */
export async function fetchBytes(address: string | URL, signal?: AbortSignal): Promise<Uint8Array> {
  const bytes = await fetchIfThere(address, signal)
  if (bytes) return bytes
  throw new DataError(`${address}: cannot be fetched: the server answers 404, expected 200`)
}

/** Undefined where the server has nothing at that address. @throws DataError and more, as `fetchBytes` */
export async function fetchIfThere(address: string | URL, signal?: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    const response = await fetch(address, signal ? { signal } : {})
    if (response.status === 404) return undefined
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
