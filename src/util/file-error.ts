/** What the file system says, in words that help. */
import { DataError } from './errors.js'
import { limitReason } from './limits.js'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  EISDIR: 'it is a folder, a file was expected',
  ENOTDIR: 'it, or a part of its path, is no folder',
  EEXIST: 'a file is in the way',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
}

/** The code of an error of Node, such as `ENOENT`; undefined where there is none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/**
 * @param what could not be done, for example `cannot be read`
 * @param remedy what to do about it, where that is not plain
 */
export function fileError(path: string, what: string, error: unknown, remedy?: string): DataError {
  const reason =
    reasons[errorCode(error) ?? ''] ?? limitReason(error) ?? (error instanceof Error ? error.message : String(error))
  return new DataError(`${path}: ${what}: ${reason}${remedy === undefined ? '' : `; ${remedy}`}`, { cause: error })
}
