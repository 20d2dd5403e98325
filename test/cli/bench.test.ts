/** `resnet bench` as a person calls it, on the smallest net. No time is looked at. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resnet } from './run.js'

test('--quick gives every figure, with peers or the reason why there are none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-bench-'))
  try {
    const args = ['bench', '--quick', '--suite', 'infer,memory', '--threads', '2', '--json', '--results', folder]
    const { code, out, err } = await resnet(args)
    expect([code, err]).toEqual([0, expect.stringContaining('GB/s of main memory')])
    const { machine, peak, results } = JSON.parse(out)
    expect(machine).toMatchObject({ processors: expect.any(Number), node: process.versions.node })
    expect(peak.map(({ build }: { build: string }) => build)).toContain('wasm-simd')
    for (const { multiplyAdds, bandwidth } of peak) expect(Math.min(multiplyAdds, bandwidth)).toBeGreaterThan(0)
    expect(results.map(({ name, peer }: { name: string; peer: string }) => `${name}: ${peer}`)).toEqual([
      'infer resnet8 32x32, batch 1: ONNX Runtime',
      'infer resnet8 32x32, batch 1: PyTorch',
      'train resnet8 32x32, batch 8: PyTorch',
    ])
    for (const { value, unit, peerValue, ratio, missing } of results) {
      expect(value).toBeGreaterThan(0)
      expect(['images/s', 'MB']).toContain(unit)
      if (peerValue === null) expect(missing).toMatch(/ is missing: .*; get it with: /)
      else expect(ratio).toBe(value / peerValue)
    }
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['infer.json', 'infer.md', 'memory.json', 'memory.md']))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.each([
  [['bench', '--suite', 'trian'], 'Did you mean train? Legal values: kernels, train, infer, wasm, memory.'],
  [['bench', '--rounds', '0'], 'Expected a whole number of at least 1.'],
  [['bench', '--engine', 'cuda'], 'Legal values: auto, native, wasm, reference'],
])('%j is wrong usage', async (args, message) => {
  const { code, out, err } = await resnet(args)
  expect(err).toContain(message)
  expect([code, out]).toEqual([2, ''])
})

test('--only takes one network of the suites, and says when they have none of that name', async () => {
  const { code, out, err } = await resnet(['bench', '--suite', 'train', '--only', 'resnet34'])
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain('bench --only resnet34: it is in none of the suites train; docs/benchmarks.md lists what is')
})

test('--only leaves the figures of another machine alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet-bench-'))
  try {
    writeFileSync(join(folder, 'infer.json'), JSON.stringify({ machine: {}, peak: [], results: [] }))
    const args = ['bench', '--quick', '--suite', 'infer', '--only', 'resnet8', '--results', folder]
    const { code, err } = await resnet(args)
    expect(code).toBe(1)
    expect(err).toContain(
      'infer.json holds the figures of another machine; move it away, or give --results another folder',
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
