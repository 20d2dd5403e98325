/** Explains errors of the file system. */
import { DataError } from '../errors.js'
import { limitReason } from '../limits.js'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  EISDIR: 'it is a folder, a file was expected',
  ENOTDIR: 'it, or a part of its path, is no folder',
  EEXIST: 'a file is in the way',
  ENOTEMPTY: 'the folder is not empty',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is used up (its quota); make room, or write elsewhere',
  EFBIG: 'the file would be larger than this disk or the limits of this process allow',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than the 2 GiB that are read at once',
  EOVERFLOW: 'it is too large for this system',
  EIO: 'the disk failed to read or write; look at its health, and at the cable or the network to it',
  ENXIO: 'there is no device behind it, or nobody reads from it',
  ENODEV: 'there is no device behind it',
  EBUSY: 'something else uses it',
  ETXTBSY: 'it is a program that is running',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name or path is too long',
  EXDEV: 'it lies on another disk',
  EMLINK: 'it has too many names',
  ESTALE: 'the network drive no longer has it; mount the drive again',
  ETIMEDOUT: 'the network drive does not answer',
  EHOSTDOWN: 'the network drive does not answer',
  ENOTCONN: 'the network drive is not connected',
  ENOLCK: 'the network drive gives no more locks',
  EINVAL: 'this disk or device cannot do that',
  ENOTSUP: 'this disk or device cannot do that',
  EOPNOTSUPP: 'this disk or device cannot do that',
  ENOSYS: 'this disk or device cannot do that',
  EPIPE: 'nobody reads from it any more',
  ERR_INVALID_ARG_VALUE: 'its name holds a character that no file may have',
}

/** Codes that Node does not name, by their numbers on Linux and on macOS. */
const nameless: Readonly<Record<string, string>> = {
  'Unknown system error -122': 'EDQUOT',
  'Unknown system error -69': 'EDQUOT',
  'Unknown system error -116': 'ESTALE',
  'Unknown system error -70': 'ESTALE',
  'Unknown system error -37': 'ENOLCK',
  'Unknown system error -77': 'ENOLCK',
}

/** The code of a Node error, such as `ENOENT`; undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return undefined
  return nameless[error.code] ?? error.code
}

/**
 * @param what the failed action, for example `cannot be read`
 * @param remedy the remedy, if it is not obvious
 */
export function fileError(path: string, what: string, error: unknown, remedy?: string): DataError {
  const reason =
    reasons[errorCode(error) ?? ''] ?? limitReason(error) ?? (error instanceof Error ? error.message : String(error))
  return new DataError(`${path}: ${what}: ${reason}${remedy === undefined ? '' : `; ${remedy}`}`, { cause: error })
}
