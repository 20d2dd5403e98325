/** `resnet doctor` as people see it. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { reportText } from '../../src/cli/commands/doctor.js'
import type { DoctorReport } from '../../src/internal.node.js'
import { resnet } from './run.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

const report: DoctorReport = {
  ok: false,
  problems: ['Node 18.0.0 is too old: install 20.19 or newer', 'wasm-simd: it computes wrongly: batch norm'],
  version: '1.2.3',
  node: { version: '18.0.0', required: '>=20.19' },
  platform: 'linux x64',
  processor: 'a processor',
  threads: 2,
  memory: { total: 2 ** 33, available: 2 ** 32 },
  engines: [
    { build: 'native-avx512', state: 'absent', reason: 'this processor cannot run it', checks: [] },
    { build: 'native-avx2', state: 'works', threads: 2, checks: [{ name: 'batch norm', error: 1.23e-7, limit: 2e-6 }] },
    {
      build: 'wasm-simd',
      state: 'broken',
      reason: 'it computes wrongly: batch norm',
      threads: 2,
      checks: [{ name: 'batch norm', error: 0.5, limit: 2e-6 }],
    },
  ],
  packages: [{ name: 'sharp', purpose: 'folders of pictures', version: '0.35.0' }],
}

test('shows facts, engines, errors and what is wrong', () => {
  expect(reportText(report)).toMatchInlineSnapshot(`
    "resnet.ts  1.2.3
    Node       18.0.0 (>=20.19 is needed)
    Processor  a processor, linux x64
    Threads    2
    Memory     8.0 GiB, 4.0 GiB available
    sharp      0.35.0 (for folders of pictures)

    Engine
    ──────────────────────────────────────────────────────
    native-avx512  absent  this processor cannot run it
    native-avx2    works   on 2 threads
    wasm-simd      broken  it computes wrongly: batch norm

    Largest error against the reference   limit  native-avx2  wasm-simd
    ───────────────────────────────────────────────────────────────────
    batch norm                           2.0e-6       1.2e-7   5.0e-1 !

    2 things are wrong:
    - Node 18.0.0 is too old: install 20.19 or newer
    - wasm-simd: it computes wrongly: batch norm"
  `)
  expect(reportText({ ...report, problems: [report.problems[0]!] })).toContain('One thing is wrong:\n- Node 18.0.0')
  expect(reportText({ ...report, problems: [], engines: [] })).toMatch(/Nothing is wrong\.$/)
})

test('ends with 0 and one line of JSON where nothing is wrong', async () => {
  const { code, out, err } = await resnet(['doctor', '--json', '--threads', '1'])
  expect([code, err]).toEqual([0, ''])
  expect(JSON.parse(out)).toMatchObject({ ok: true, problems: [], node: { version: process.versions.node } })
})

test('ends with 1 where the engines are not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet doctor '))
  try {
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'bin/resnet.js'), 'doctor'], {
      encoding: 'utf8',
    })
    expect(stdout).toMatch(/^native +absent +the native engine is not built here/m)
    expect(stdout).toMatch(/^wasm +broken +the WASM engine is not built here/m)
    expect(stdout).toContain('2 things are wrong:\n- wasm: the WASM engine is not built here')
    expect(stderr).toBe('resnet: doctor: 2 problems, see above\n')
    expect(status).toBe(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
