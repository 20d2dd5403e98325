/** Limits of the system in words, whatever was being done. */
import { expect, test } from 'vitest'
import { fileError } from '../../src/util/files/error.js'
import { limitReason } from '../../src/util/limits.js'

const withCode = (code: string) => Object.assign(new Error(`${code}: something, open 'x'`), { code })

test('by code or by what a loader says', () => {
  const few = 'too many files are open at once; raise the limit, for example by ulimit -n 4096'
  expect(limitReason(withCode('EMFILE'))).toBe(few)
  expect(limitReason(new Error('x.node: cannot open shared object file: Too many open files'))).toBe(few)
  expect(limitReason(withCode('ENFILE'))).toBe('too many files are open on this machine; end other programs')
  const memory = 'the system gives no more memory; end other programs, or raise the limit of address space (ulimit -v)'
  expect(limitReason(withCode('ENOMEM'))).toBe(memory)
  expect(limitReason(new Error('x.node: failed to map segment from shared object'))).toBe(memory)
  expect(limitReason(withCode('EAGAIN'))).toMatch(/^the system gives no more of it now; .*pids of a container\)$/)
})

test('of other failures nothing', () => {
  expect(limitReason(withCode('ENOENT'))).toBeUndefined()
  expect(limitReason('EMFILE')).toBeUndefined()
})

test('files that cannot be opened for it say so', () => {
  expect(fileError('a.png', 'cannot be read', withCode('EMFILE')).message).toBe(
    'a.png: cannot be read: too many files are open at once; raise the limit, for example by ulimit -n 4096',
  )
})
