/** The kernel lab on a small network: each candidate of each part is timed, and none is wrong. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../bench/kernels/lab.mjs', import.meta.url))
const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [script, 'resnet8', '--engine', 'wasm', '--threads', '1', ...args])

/** Rows as printed: what a line is of, its candidate, whether the engine takes that, and its difference. */
function rowsOf(table: string) {
  let part = ''
  return table.split('\n').flatMap((line) => {
    const found = /(forward|input|weight)? +(direct|winograd)( \(table\))? .* (\S+)$/.exec(line)
    if (!found) return []
    part = found[1] ?? part
    return [{ part, candidate: found[2], table: Boolean(found[3]), difference: Number(found[4]) }]
  })
}

test('sets candidates of convolutions and of both gradients side by side', async () => {
  const { stdout } = await run('--size', '16', '--batch', '8', '--rounds', '1')
  const rows = rowsOf(stdout)
  const counts = (part: string) =>
    ['direct', 'winograd'].map((name) => rows.filter((row) => row.part === part && row.candidate === name).length)
  // A stem, three stages and the first convolutions of two; of these three have stride 1 and 16 channels or more.
  expect(counts('forward')).toEqual([6, 3])
  expect(counts('input')).toEqual([5, 3])
  expect(counts('weight')).toEqual([6, 3])
  expect(rows.filter(({ table }) => table)).toHaveLength(6 + 5 + 6)
  for (const { difference } of rows) {
    expect(difference).toBeGreaterThan(0)
    expect(difference).toBeLessThan(2e-5)
  }
})

test('takes the parts that are asked for', async () => {
  const { stdout } = await run('--size', '8', '--batch', '1', '--rounds', '1', '--of', 'weight')
  expect(new Set(rowsOf(stdout).map(({ part }) => part))).toEqual(new Set(['weight']))
  await expect(run('--of', 'weights')).rejects.toThrow('--of: expected some of forward,input,weight, got weights')
})
