/** Recognises failures caused by a limit of the system, and names a remedy. */

const reasons: readonly (readonly [RegExp, string])[] = [
  [/^EMFILE$|too many open files/i, 'too many files are open at once; raise the limit, for example by ulimit -n 4096'],
  [/^ENFILE$/, 'too many files are open on this machine; end other programs'],
  [
    /^ENOMEM$|^ENOBUFS$|cannot allocate memory|failed to map segment/i,
    'the system gives no more memory; end other programs, or raise the limit of address space (ulimit -v)',
  ],
  [
    /^EAGAIN$/,
    'the system gives no more of it now; end other programs, or raise its limits (ulimit -u, pids of a container)',
  ],
]

/** The limit that an error names, with a remedy; undefined if it names none. */
export function limitReason(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? String(error.code) : ''
  return reasons.find(([pattern]) => pattern.test(code) || pattern.test(error.message))?.[1]
}
