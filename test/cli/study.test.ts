import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseHTML } from 'linkedom'
import { afterAll, expect, test } from 'vitest'
import { studyIndex, studyReport } from '../../src/cli/report/study-report.js'
import { type StudyResult, studies } from '../../src/internal.node.js'
import { runStudies } from '../../src/studies/run.node.js'
import { resnet } from './run.js'

const base = mkdtempSync(join(tmpdir(), 'resnet-study-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

test('names all studies with their claims', async () => {
  const { code, out } = await resnet(['study', '--list', '--json'])
  expect(code).toBe(0)
  const listed = JSON.parse(out) as { study: string; claims: { id: string; claim: string; source: string }[] }[]
  expect(listed.map(({ study }) => study)).toEqual(studies.map(({ name }) => name))
  for (const { claims } of listed) for (const { claim, source } of claims) expect(claim && source).toBeTruthy()
})

test('runs a study, judges it, draws it, and does nothing twice', { timeout: 600_000 }, async () => {
  const args = ['study', 'degradation', '--epochs', '1', '--depths', '8', '--seeds', '3', '--save-dir', base, '--json']
  const { code, out } = await resnet(args)
  expect(code).toBe(0)
  const told = JSON.parse(out)
  expect(told).toMatchObject({ study: 'degradation', scale: 'quick' })
  expect(told.claims.at(-1)).toMatchObject({ id: 'equal-cost', measured: 100, spread: null, verdict: 'holds' })
  expect(told.claims[0]).toMatchObject({ id: 'plain-degrades', verdict: 'inconclusive' })
  expect(existsSync(told.report)).toBe(true)
  const report = readFileSync(told.report, 'utf8')
  expect(report).not.toMatch(/src=|@import|https?:(?!\/\/www\.w3\.org\/)|<script/)
  expect(report).toContain('Training was cut to 1 epoch.')
  expect(report).toContain(' study degradation --scale quick --seeds 3 --epochs 1 --depths 8<')
  const index = join(base, 'quick', 'index.html')
  expect(readFileSync(index, 'utf8')).toContain('href="degradation/report.html"')
  const again = await resnet(args.slice(0, -1))
  expect(again.err).not.toMatch(/\d+ steps/)
  expect(again.out).toMatch(/^✓ holds: The twins have equal params/m)
  expect(again.out).toMatch(
    /^ {2}measured 100 %; the rule: params and multiply-adds of the twins are equal:\s+each time$/m,
  )
  expect(again.out.split('\n').filter((line) => line.length > 80 && !line.startsWith('Figures:'))).toEqual([])
})

test.each([
  [['study'], /name a study, or all; --list tells which there are/],
  [['study', 'degradatoin'], /Did you mean degradation\?/],
  [
    ['study', 'degradation', '--scale', 'paper'],
    /the scale paper needs CIFAR-10: name the folder that holds it with --data DIR/,
  ],
  [
    ['study', 'activations', '--variant', 'original', '--variant', 'orginal'],
    /variant orginal: there is none of this name here; there are original; BN after addition; ReLU before/,
  ],
  [['study', 'degradation', '--seeds', '1,1'], /seeds: expected different whole numbers from 0, got 1, 1/],
])('%j is refused', async (args, message) => {
  const { code, err } = await resnet(args)
  expect(err).toMatch(message)
  expect(code).toBe(2)
})

test('a study that does not exist is told with those that do', async () => {
  await expect(runStudies(['magic'])).rejects.toThrow('study magic: there is none of this name; there are degradation')
})

const result: StudyResult = {
  format: 1,
  study: 'made-up',
  title: 'Is <this> drawn?',
  about: 'All kinds of figure.',
  scale: 'quick',
  shrunk: 'Everything.',
  seeds: [0, 1, 2],
  data: 'none',
  engine: 'none',
  threads: 2,
  seconds: 3,
  claims: (['holds', 'does-not-hold', 'inconclusive'] as const).map((verdict) => ({
    id: verdict,
    claim: `It ${verdict}.`,
    source: 'nobody',
    expected: '1 point',
    measured: verdict === 'inconclusive' ? null : 1.25,
    spread: verdict === 'inconclusive' ? null : 0.5,
    unit: 'points',
    verdict,
    rule: 'at least 1 point',
  })),
  rows: [
    { what: 'known', published: 8.75, approximate: true, values: [9, 10, 11], unit: '%' },
    { what: 'not run', remark: 'fail', values: [], unit: '%' },
  ],
  figures: [
    {
      kind: 'lines',
      title: 'Lines',
      subtitle: 'log',
      x: { label: 'layers' },
      y: { label: 'norm', log: true },
      series: [
        {
          name: 'a',
          tone: 'plain',
          points: [
            { x: 1, y: 1e-6 },
            { x: 2, y: 1, low: 0.5, high: 2 },
          ],
        },
        { name: 'nothing', tone: 'residual', dash: 'dashed', points: [] },
      ],
      levels: [{ y: 0.1, name: 'bicubic' }],
    },
    {
      kind: 'bars',
      title: 'Bars',
      subtitle: '',
      unit: '%',
      bars: [{ name: 'one', tone: 'third', value: 3, low: 2, high: 4, published: 5 }],
    },
    {
      kind: 'pictures',
      title: 'Pictures',
      subtitle: '',
      columns: ['1'],
      rows: [{ name: 'plain', pictures: [{ width: 2, height: 1, channels: 1, pixels: [0, 255] }] }],
    },
  ],
  measured: {},
}

test('a report shows verdicts in words, published beside measured, and every kind of figure', () => {
  const { document } = parseHTML(studyReport(result))
  expect(document.querySelector('h1')!.textContent).toBe('Is <this> drawn?')
  expect([...document.querySelectorAll('.badge')].map((badge) => badge.textContent)).toEqual([
    '✓ holds',
    '✗ does not hold',
    '~ inconclusive',
  ])
  expect([...document.querySelectorAll('.claims dl')].map((list) => list.lastElementChild!.textContent)).toEqual([
    'measured1.25 ± 0.5 points',
    'measured1.25 ± 0.5 points',
    'measurednot run',
  ])
  expect([...document.querySelectorAll('tbody tr')].map((row) => row.textContent)).toEqual([
    'known~ 8.75 %10.0 %± 1.0 %3',
    'not runfailnot run0',
  ])
  expect([...document.querySelectorAll('svg.chart')].map((chart) => chart.getAttribute('aria-label'))).toEqual([
    'Lines: against layers; a ends at 1',
    'Bars: one 3 %',
    'Pictures: plain by 1',
  ])
  expect(document.querySelector('image')!.getAttribute('href')).toMatch(/^data:image\/png;base64,iVBORw0KGgo/)
  expect(studyIndex([result])).toContain('1 studies, 3 claims: 1 hold, 1 do not hold, 1 are inconclusive')
})
