/** Counts and sizes that no machine has, and limits of the system: one clear line each. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addonVariants } from '../../../src/engine/cpu/addon.node.js'
import { resnet } from '../run.js'

const script = join(fileURLToPath(new URL('../../..', import.meta.url)), 'bin', 'resnet.js')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'resnet-limits-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const train = (...args: string[]) => ['train', '-a', 'resnet8', '--steps', '1', '-b', '4', '--limit-test', '4', ...args]

test('9999 threads become as many as the machine can use, and it is said', { timeout: 120_000 }, async () => {
  const { code, err } = await resnet(train('--threads', '9999', '--save-dir', join(folder, 'many')))
  expect(code).toBe(0)
  const most = Math.max(8, 4 * availableParallelism())
  expect(err).toContain(`note: --threads 9999: ${most} are started, as many as its `)
  expect(err).toMatch(new RegExp(`^engine [\\w-]+, ${most} threads: the fastest that works here$`, 'm'))
})

describe('sizes that have no meaning end with 2 and one line', () => {
  test.each([
    ['train', '--cache-limit', '-1'],
    ['train', '--data-memory', '1e30'],
    ['finetune', '--feature-memory', '-0.5'],
    ['train', '--cache-limit', '2000000'],
  ])('%s %s %s', async (command, flag, value) => {
    const { code, err } = await resnet([command, ...(command === 'finetune' ? ['x'] : []), `${flag}=${value}`])
    expect(code).toBe(2)
    expect(err.split('\n')[0]).toBe(
      `error: option '${flag} <gib>' argument '${value}' is invalid. Expected GiB from 0 to 1048576. Add --help for all options.`,
    )
  })

  test.each(['0', '-3', '1.5', '1e400', 'many'])('--threads %s', async (value) => {
    const { code, err } = await resnet(['demo', `--threads=${value}`])
    expect(code).toBe(2)
    expect(err).toMatch(/^error: option '--threads <n>' argument '.*' is invalid\. Expected a (whole )?number/)
  })
})

const shell = (limit: string, args: readonly string[]) =>
  spawnSync('sh', ['-c', `ulimit ${limit} && exec "$0" "$@"`, process.execPath, script, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  })

const onLinux = process.platform === 'linux'

test.runIf(onLinux && addonVariants().length > 0)(
  'a plan that has no room is refused before it is taken, with both numbers',
  { timeout: 120_000 },
  () => {
    const large = ['--engine', 'native', '--save-dir', join(folder, 'large'), '-a', 'resnet110', '-b', '1000']
    const { status, stderr } = shell('-v 3000000', train(...large))
    expect(stderr).toMatch(/^memory: [\d,]+ MiB for a step, [\d.,]+ MiB for evaluations$/m)
    expect(stderr).toMatch(
      /^resnet: native-\w+: the plan needs \d\.\d GiB of memory, and \d+(\.\d)? [GM]iB of address space are left \(ulimit -v\); use a smaller batch or smaller pictures, train with --recompute blocks \(in code the option recompute\), or end other programs$/m,
    )
    expect(stderr).not.toContain('    at ')
    expect(status).toBe(1)
  },
)

test.runIf(onLinux)('few handles have words of their own', { timeout: 90_000 }, () => {
  const { status, stderr } = shell('-n 24', ['summary', 'resnet8'])
  expect(status).toBe(1)
  expect(stderr).toBe('resnet: too many files are open at once; raise the limit, for example by ulimit -n 4096\n')
})
