/** What a file system answers, in words. */
import { expect, test } from 'vitest'
import { errorCode, fileError } from '../../src/util/files/error.js'

const failed = (code: string) => Object.assign(new Error(`${code}: as Node says it, write`), { code })

test.each([
  ['EDQUOT', 'your share of the disk is used up (its quota); make room, or write elsewhere'],
  ['Unknown system error -122', 'your share of the disk is used up (its quota); make room, or write elsewhere'],
  ['ENOSPC', 'the disk is full'],
  ['EFBIG', 'the file would be larger than this disk or the limits of this process allow'],
  ['ERR_FS_FILE_TOO_LARGE', 'it is larger than the 2 GiB that are read at once'],
  ['EMFILE', 'too many files are open at once; raise the limit, for example by ulimit -n 4096'],
  ['ENFILE', 'too many files are open on this machine; end other programs'],
  ['ENOMEM', 'the system gives no more memory; end other programs, or raise the limit of address space (ulimit -v)'],
  ['EIO', 'the disk failed to read or write; look at its health, and at the cable or the network to it'],
  ['ENXIO', 'there is no device behind it, or nobody reads from it'],
  ['EBUSY', 'something else uses it'],
  ['ETXTBSY', 'it is a program that is running'],
  ['ELOOP', 'its links go round in a circle'],
  ['ENAMETOOLONG', 'its name or path is too long'],
  ['ENOTEMPTY', 'the folder is not empty'],
  ['EXDEV', 'it lies on another disk'],
  ['Unknown system error -116', 'the network drive no longer has it; mount the drive again'],
  ['EINVAL', 'this disk or device cannot do that'],
])('%s: %s', (code, words) => {
  expect(fileError('a.png', 'cannot be written', failed(code)).message).toBe(`a.png: cannot be written: ${words}`)
})

test('every error that Node knows of files has words of its own', () => {
  const met =
    'EACCES EAGAIN EBUSY EEXIST EFBIG EINVAL EIO EISDIR ELOOP EMFILE EMLINK ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENOTEMPTY ENOTSUP ENXIO EOVERFLOW EPERM EPIPE EROFS ETIMEDOUT ETXTBSY EXDEV'
  for (const code of met.split(' '))
    expect(fileError('x', 'fails', failed(code)).message).not.toContain('as Node says it')
})

test('numbers that Node has no name for get theirs', () => {
  expect(errorCode(failed('Unknown system error -122'))).toBe('EDQUOT')
  expect(errorCode(failed('ENOENT'))).toBe('ENOENT')
  expect(errorCode(new Error('none'))).toBeUndefined()
})
