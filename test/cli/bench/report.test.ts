/** Tables and figures of fixed results. */
import { expect, test } from 'vitest'
import { boundOf, workOf } from '../../../src/cli/bench/bounds.js'
import { caseName, casesOf, kernelCasesOf, suiteNames } from '../../../src/cli/bench/cases.js'
import { ratioChart } from '../../../src/cli/bench/chart.js'
import { convolutionOf } from '../../../src/cli/bench/kernels.js'
import { figure, machineLines, resultsMarkdown, resultsText } from '../../../src/cli/bench/report.js'
import { type BenchReport, type BenchResult, beside, merged, without } from '../../../src/cli/bench/result.js'
import { preset } from '../../../src/internal.node.js'

const common: Omit<BenchResult, 'peer' | 'peerValue' | 'ratio'> = {
  suite: 'train',
  name: 'train resnet20 32x32, batch 128',
  engine: 'native-avx512',
  threads: 2,
  value: 1200,
  min: 1100,
  max: 1234.5,
  unit: 'images/s',
  share: 0.6789,
  bound: 'arithmetic',
  rounds: 5,
  discarded: 0,
  noisy: false,
}
const results: readonly BenchResult[] = [
  {
    ...common,
    ...beside(
      { median: 1200, min: 1100, max: 1234.5 },
      { name: 'PyTorch', version: '1', value: { median: 400, min: 390, max: 410 } },
    ),
  },
  {
    ...common,
    name: 'a < b & c',
    noisy: true,
    discarded: 2,
    ...without({ name: 'jax-js', missing: 'jax-js is missing: x' }),
  },
  {
    ...common,
    suite: 'memory',
    name: 'memory',
    unit: 'MB',
    share: null,
    bound: null,
    plan: 93.21,
    peer: null,
    peerValue: null,
    ratio: null,
  },
]
const report: BenchReport = {
  machine: {
    processor: 'A & B',
    processors: 2,
    memory: 8 * 2 ** 30,
    platform: 'linux 6, x64',
    node: '20.0.0',
    watched: true,
  },
  peak: [{ build: 'native-avx512', threads: 2, multiplyAdds: 200e9, bandwidth: 50e9 }],
  results,
}

test('the ratio is ours over theirs', () => {
  expect(results[0]).toMatchObject({ peer: 'PyTorch', peerValue: 400, peerMin: 390, peerMax: 410, ratio: 3 })
})

test('the table', () => {
  expect(
    resultsText(results)
      .split('\n')
      .map((line) => line.trimEnd()),
  ).toEqual([
    '                                 resnet.ts  (range)      unit             of bound  peer       value  (range)    ratio',
    expect.stringMatching(/^─+$/),
    'train resnet20 32x32, batch 128       1200  (1100–1235)  images/s  68 % arithmetic  PyTorch      400  (390–410)  3.00x',
    'a < b & c !                           1200  (1100–1235)  images/s  68 % arithmetic  jax-js   missing',
    'memory                                1200  (1100–1235)  MB',
    '',
    'memory: the plan itself takes 93.2 MB.',
    '',
    'Left out because others disturbed them: 2 rounds at most.',
    '',
    '! Others took more than 3 % of the processor in a round that counts: not to be quoted.',
    '',
    'jax-js is missing: x',
  ])
})

test('the machine', () => {
  expect(machineLines(report)).toEqual([
    'A & B, 2 processors, 8 GiB; linux 6, x64; Node 20.0.0',
    'native-avx512, 2 threads: at best 400 GFLOP/s, 50.0 GB/s of main memory',
    'Rounds in which others took more than 3 % of the processor are left out.',
  ])
  expect(machineLines({ ...report, machine: { ...report.machine, watched: false } }).at(-1)).toBe(
    'This system does not count what others take of the processor: no round is left out.',
  )
})

test('Markdown holds the machine, the figure and the table', () => {
  const text = resultsMarkdown('resnet.ts bench: train', report, 'train.svg')
  expect(text).toMatch(/^# resnet.ts bench: train\n\nA & B, 2 processors/)
  expect(text).toContain('![resnet.ts bench: train](train.svg)')
  expect(text).toContain(
    '| train resnet20 32x32, batch 128 | 1200 | (1100–1235) | images/s | 68 % arithmetic | PyTorch | 400 | (390–410) | 3.00x |',
  )
  expect(text).toContain('| --- | ---: |')
  expect(resultsMarkdown('x', report, undefined)).not.toContain('![')
})

test('the figure has a bar for each ratio and says what it shows', () => {
  const svg = ratioChart('a & b', report)!
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
  expect(svg.match(/class="bar"/g)).toHaveLength(1)
  expect(svg).toContain('train resnet20 32x32, batch 128 / PyTorch')
  expect(svg).toContain('>3.00x<')
  expect(svg).toContain('<title>a &amp; b</title>')
  expect(svg).toContain('A &amp; B, 2 processors')
  expect(svg).not.toContain('jax-js')
  expect(ratioChart('x', { ...report, results: results.slice(1) })).toBeUndefined()
})

test.each([
  [1234.5, '1235'],
  [99.96, '100.0'],
  [12.345, '12.3'],
  [1.2345, '1.23'],
  [0.012, '0.01'],
])('%f is %s', (value, text) => expect(figure(value)).toBe(text))

test('the bound is the longer of two times', () => {
  const peak = { multiplyAdds: 100, bandwidth: 10 }
  expect(boundOf({ macs: 200, bytes: 10 }, peak)).toEqual({ seconds: 2, by: 'arithmetic' })
  expect(boundOf({ macs: 200, bytes: 30 }, peak)).toEqual({ seconds: 3, by: 'bytes' })
})

test('a training step is three forward passes of multiply-adds', () => {
  const spec = preset('resnet20') // 40.6 million multiply-adds and 269722 parameters
  expect(workOf(spec, 'train', 2).macs).toBe(3 * workOf(spec, 'infer', 2).macs)
  expect(workOf(spec, 'infer', 2)).toEqual({ macs: 2 * 40551040, bytes: 4 * (2 * 3072 + 269722) })
})

test('a part of a plan is a convolution, or none', () => {
  const attributes = { stride: [2, 2], padding: [1, 1], dilation: [1, 1] }
  const part = { attributes, title: '', shapes: '', paths: [], kernels: [], macs: 1, bytes: 1 }
  const [x, weight, y] = [
    [1, 16, 8, 8],
    [32, 16, 3, 3],
    [1, 32, 4, 4],
  ]
  const sizes = { x, weight, stride: [2, 2], padding: [1, 1] }
  expect(convolutionOf({ ...part, op: 'conv2d', inputs: [x, weight], outputs: [y, [1, 2, 32]] })).toEqual({
    kind: 'forward',
    ...sizes,
  })
  expect(convolutionOf({ ...part, op: 'conv2dInputGradient', inputs: [y, weight, x], outputs: [x] })).toEqual({
    kind: 'inputGradient',
    ...sizes,
  })
  expect(convolutionOf({ ...part, op: 'conv2dWeightGradient', inputs: [x, y], outputs: [weight] })).toEqual({
    kind: 'weightGradient',
    ...sizes,
  })
  const transformed = { ...part, attributes: { ...attributes, winograd: true } }
  expect(convolutionOf({ ...transformed, op: 'conv2d', inputs: [x, [32, 16, 6, 6]], outputs: [y] })).toEqual({
    kind: 'forward',
    ...sizes,
  })
  expect(convolutionOf({ ...part, op: 'relu', attributes: {}, inputs: [x], outputs: [x] })).toBeUndefined()
})

test('each suite has cases, small ones when it must be quick', () => {
  for (const suite of suiteNames)
    for (const quick of [false, true]) {
      const choice = { suites: [suite], quick }
      expect(casesOf(choice).length + kernelCasesOf(choice).length).toBeGreaterThan(0)
    }
  expect(casesOf({ suites: ['train'], quick: false }).map(({ net, batch }) => `${net} ${batch}`)).toEqual([
    'resnet20 128',
    'resnet56 128',
    'resnet110 128',
    'preresnet164 128',
    'resnet18 16',
  ])
  const only = { suites: suiteNames, quick: false, only: 'resnet50' }
  expect([...casesOf(only), ...kernelCasesOf(only)].map(caseName)).toEqual([
    'infer resnet50 224x224, batch 1',
    'infer resnet50 224x224, batch 8',
    'infer resnet50 224x224, batch 1',
    'infer resnet50 224x224, batch 8',
  ])
  expect(new Set(casesOf({ suites: suiteNames, quick: true }).map(({ net }) => net))).toEqual(new Set(['resnet8']))
})

test('figures take their place among earlier ones', () => {
  const one = (names: readonly string[], value: number, multiplyAdds: number): BenchReport => ({
    ...{
      machine: report.machine,
      peak: [{ build: 'native-avx512', threads: 2, multiplyAdds, bandwidth: 1 / multiplyAdds }],
    },
    results: names.map((name) => ({ ...common, name, value, peer: null, peerValue: null, ratio: null })),
  })
  const both = merged(one(['a', 'b'], 1, 3), one(['c', 'a'], 2, 2))
  expect(both.results.map(({ name, value }) => `${name} ${value}`)).toEqual(['a 2', 'b 1', 'c 2'])
  expect(both.peak).toEqual([{ build: 'native-avx512', threads: 2, multiplyAdds: 3, bandwidth: 1 / 2 }])
})
