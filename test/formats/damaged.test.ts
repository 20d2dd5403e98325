/**
 * 2,000 damaged files of weights: each gives a clear error or a network of the shapes it had, within a second, without
 * asking for much memory and without running anything. Seeds are printed; `FUZZ_SEED` takes another one.
 */
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { decodeNetwork } from '../../src/api/files/weights.js'
import { DataError } from '../../src/util/errors.js'
import { bytesOf, weightFiles } from './files.js'
import { op, pickle, zip } from './make-pickle.js'

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
console.log(`damaged weights: seed ${seed} (set FUZZ_SEED to repeat)`)

const files = Object.values(weightFiles).map(bytesOf)
const parameters = (await decodeNetwork(files[0]!, 'x')).weights.size

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
/** Most places lie at the ends, where headers and directories are. */
const where = fc.oneof(
  place,
  place.map((at) => at ** 4),
  place.map((at) => 1 - at ** 4 - 1e-9),
)
const change = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: where, value: fc.nat(7) }),
  fc.record({ kind: fc.constant('set' as const), at: where, value: fc.nat(255) }),
  fc.record({
    kind: fc.constant('long' as const),
    at: where,
    value: fc.constantFrom(0, 1, 0x7fffffff, 0xffffffff, 1e8),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: where, value: fc.constant(0) }),
  fc.record({ kind: fc.constant('drop' as const), at: where, value: fc.nat(300) }),
  fc.record({ kind: fc.constant('add' as const), at: where, value: fc.nat(300) }),
)
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never

function damaged(bytes: Uint8Array, changes: readonly Change[]): Uint8Array {
  let result = Buffer.from(bytes)
  for (const { kind, at, value } of changes) {
    const byte = Math.min(Math.max(0, result.length - 1), Math.max(0, Math.floor(at * result.length)))
    if (kind === 'flip' && result.length > 0) result[byte]! ^= 1 << value
    if (kind === 'set' && result.length > 0) result[byte] = value
    if (kind === 'long' && byte + 4 <= result.length) result.writeUInt32LE(value, byte)
    if (kind === 'cut') result = result.subarray(0, byte)
    if (kind === 'drop') result = Buffer.concat([result.subarray(0, byte), result.subarray(byte + value)])
    if (kind === 'add')
      result = Buffer.concat([result.subarray(0, byte), Buffer.alloc(value, 0x2e), result.subarray(byte)])
  }
  return new Uint8Array(result)
}

/** Whether a file was refused. Anything but a network or a clear error fails the test, and so does work without end. */
async function refused(bytes: Uint8Array): Promise<boolean> {
  const began = process.cpuUsage()
  const before = process.memoryUsage().rss
  try {
    const { weights } = await decodeNetwork(bytes, 'x')
    for (const { shape, data } of weights.values()) expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
    expect(weights.size).toBeGreaterThanOrEqual(parameters - 12)
    return false
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    expect(error.message).toMatch(/^x: ./)
    expect(error.message.length).toBeLessThan(3000)
    return true
  } finally {
    const { user, system } = process.cpuUsage(began)
    expect(user + system, 'microseconds of work').toBeLessThan(1_000_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6)
  }
}

test('2,000 files with bytes changed, cut, added', async () => {
  let count = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (file, changes) => {
        if (await refused(damaged(file, changes))) count++
      },
    ),
    { seed, numRuns: 2000 },
  )
  console.log(`${count} of 2000 were refused, the others differ in numbers only`)
  expect(count).toBeGreaterThan(1000)
})

test('300 pickles that try to call something, none of which is called', async () => {
  const spies = [vi.spyOn(globalThis, 'eval'), vi.spyOn(process, 'exit')]
  const target = fc.constantFrom(
    ...['os system', 'posix system', 'builtins eval', 'builtins exec', 'builtins __import__', 'subprocess Popen'],
    ...['torch load', 'nt system', 'pickle loads', 'runpy run_path', 'process exit', 'constructor constructor'],
    ...['__proto__ constructor', 'hasOwnProperty call', 'torch._utils __proto__', 'collections toString'],
  )
  const argument = fc.constantFrom('touch harm', 'process.exit(1)', '1', '')
  await fc.assert(
    fc.asyncProperty(target, argument, fc.nat(3), fc.boolean(), async (name, text, form, legacy) => {
      const [module, callee] = name.split(' ') as [string, string]
      const forms = [
        pickle(op.call(module, callee, text)),
        pickle(op.bytes('}('), op.text('state_dict'), op.call(module, callee, text), op.bytes('u')),
        pickle(op.text(module), op.text(callee), op.bytes('\x93'), op.text(text), op.bytes('\x85R')),
        pickle(op.bytes(`(${text.replaceAll('\n', '')}i${module}\n${callee}\n`)),
      ]
      const data = forms[form]!
      expect(await refused(legacy ? data : zip([{ name: 'a/data.pkl', data }]))).toBe(true)
    }),
    { seed, numRuns: 300 },
  )
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
})

test('bombs: zeros, and sizes that are lies', async () => {
  const data = pickle(op.bytes('}'))
  const zeros = { name: 'a/data/0', data: new Uint8Array(200e6), deflate: true }
  expect(await refused(zip([{ name: 'a/data.pkl', data }, zeros]))).toBe(true)
  expect(await refused(zip([{ name: 'a/data.pkl', data: new Uint8Array(60e6).fill(0x7d), deflate: true }]))).toBe(true)
  expect(await refused(zip([{ name: 'a/data.pkl', data, says: { size: 0xfffffff0, packed: 0xfffffff0 } }]))).toBe(true)
  const header = new TextEncoder().encode(
    '{"a":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}',
  )
  const bytes = new Uint8Array(8 + header.length + 4)
  bytes[0] = header.length
  bytes.set(header, 8)
  expect(await refused(bytes)).toBe(true)
})
