/** Reads a file of a data set whole, and unpacks gzip, within limits. */
import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { isGzip } from '../../util/archive/gzip.js'
import { Budget } from '../../util/budget.js'
import { DataError } from '../../util/errors.js'
import { errorCode, fileError } from '../../util/files/error.js'

/** The most bytes of a file, packed or not. */
const MOST_BYTES = 1 << 30

/** @throws DataError naming the file if it cannot be read, is damaged, or is too large */
export async function readWhole(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path)
    if (size > MOST_BYTES) throw new DataError(`${path}: has ${size} bytes, more than the ${MOST_BYTES} that are read`)
    const bytes = await readFile(path)
    return isGzip(bytes) ? await unpacked(bytes, path) : bytes
  } catch (error) {
    throw error instanceof DataError ? error : fileError(path, 'cannot be read', error)
  }
}

/** @throws DataError for an archive that is damaged or unpacks to more than a file of its size can */
async function unpacked(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  const most = Math.min(MOST_BYTES, new Budget(path, bytes.length).mostBytes)
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: most })
  } catch (error) {
    const what =
      errorCode(error) === 'ERR_BUFFER_TOO_LARGE'
        ? `unpacks to more than ${most} bytes, too many for its size`
        : 'the gzip archive is damaged or cut short'
    throw new DataError(`${path}: ${what}; download it again`, { cause: error })
  }
}
