/** What the files of Linux say of the memory that can still be had. */
import { expect, test } from 'vitest'
import { freeMemory } from '../../src/util/machine/free-memory.node.js'
import { sizeText } from '../../src/util/size-text.js'

const MIB = 2 ** 20
const meminfo = 'MemTotal:       8000 kB\nMemFree:        100 kB\nMemAvailable:   4096 kB\nSwapFree:       1024 kB\n'

/** The bounds that files say, in MiB, each by what it is of. */
function bounds(files: Readonly<Record<string, string>>): Record<string, number> {
  const found = freeMemory('linux', (path) => files[path])
  return Object.fromEntries(found.map(({ by, bytes }) => [by, bytes / MIB]))
}

test('of the machine: what can be had without a program being ended', () => {
  expect(bounds({ '/proc/meminfo': meminfo })).toEqual({ 'are free on this machine': 5 })
})

const container = 'are left of the limit of this container'

test('of a container: pages of files count as free', () => {
  const files = {
    '/proc/meminfo': meminfo,
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': `${100 * MIB}\n`,
    '/sys/fs/cgroup/memory.current': `${90 * MIB}\n`,
    '/sys/fs/cgroup/memory.stat': `anon ${60 * MIB}\ninactive_file ${30 * MIB}\n`,
  }
  expect(bounds(files)[container]).toBe(40)
  expect(bounds({ ...files, '/sys/fs/cgroup/memory.max': 'max\n' })[container]).toBeUndefined()
  expect(bounds({ ...files, '/sys/fs/cgroup/memory.max': '1000\n' })[container]).toBe(0)
})

test('of control groups in one another: the tightest', () => {
  const group = (path: string, most: string, now: number) => ({
    [`/sys/fs/cgroup${path}/memory.max`]: most,
    [`/sys/fs/cgroup${path}/memory.current`]: String(now * MIB),
  })
  const files = {
    '/proc/self/cgroup': '0::/user/one\n',
    ...group('/user/one', 'max', 1),
    ...group('/user', String(50 * MIB), 10),
  }
  expect(bounds(files)[container]).toBe(40)
  expect(bounds({ ...files, ...group('/user/one', String(20 * MIB), 5) })[container]).toBe(15)
})

test('of control groups of the first version', () => {
  const folder = '/sys/fs/cgroup/memory'
  const files = {
    '/proc/self/cgroup': '9:cpu,cpuacct:/x\n5:memory:/docker/abc\n0::/x\n',
    [`${folder}/memory.limit_in_bytes`]: String(64 * MIB),
    [`${folder}/memory.usage_in_bytes`]: String(40 * MIB),
    [`${folder}/memory.stat`]: `total_inactive_file ${8 * MIB}\n`,
  }
  expect(bounds(files)[container]).toBe(32)
})

test('of the address space: what ulimit -v leaves', () => {
  const limits = (most: string) =>
    `Limit                     Soft Limit           Hard Limit\nMax address space         ${most}            unlimited            bytes\n`
  const files = {
    '/proc/self/limits': limits(String(64 * MIB)),
    '/proc/self/status': 'VmPeak:\t99999 kB\nVmSize:\t   32768 kB\n',
  }
  expect(bounds(files)['of address space are left (ulimit -v)']).toBe(32)
  expect(freeMemory('linux', (path) => files[path as keyof typeof files]).map(({ onceAsked }) => onceAsked)).toEqual([
    false,
    true,
  ])
  expect(bounds({ ...files, '/proc/self/limits': limits('unlimited') })).not.toHaveProperty(
    'of address space are left (ulimit -v)',
  )
})

test('of other systems: all that the machine has', () => {
  const [bound, ...others] = freeMemory('darwin', () => undefined)
  expect(others).toEqual([])
  expect(bound).toMatchObject({ by: 'are all that this machine has', onceAsked: false })
  expect(bound!.bytes).toBeGreaterThan(2 ** 26)
})

test('here there is some', () => {
  for (const { bytes } of freeMemory()) expect(bytes).toBeGreaterThan(2 ** 20)
})

test('sizes in words', () => {
  expect([0, MIB / 2, 812 * MIB, 4.6 * 2 ** 30, 2048 * 2 ** 30].map(sizeText)).toEqual([
    '0.0 MiB',
    '0.5 MiB',
    '812 MiB',
    '4.6 GiB',
    '2,048 GiB',
  ])
})
