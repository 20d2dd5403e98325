/** `resnet demo`, cut to a few steps, and its report. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseHTML } from 'linkedom'
import { afterAll, expect, test } from 'vitest'
import { demoReport } from '../../src/cli/report/demo-report.js'
import { spread } from '../../src/cli/report/lines.js'
import { type DemoResult, demoNets, depthVerdict, finalErrors } from '../../src/internal.node.js'
import { resnet } from './run.js'

const base = mkdtempSync(join(tmpdir(), 'resnet demo '))
afterAll(() => rmSync(base, { recursive: true, force: true }))

test('trains four nets, draws, judges, and ends by itself', async () => {
  const { code, out, err } = await resnet(['demo', '--steps', '2', '--seed', '3', '--save-dir', base])
  expect(err).toMatch(/^engine (native|wasm)-\w+, \d+ threads?: /)
  expect(err).toMatch(/^step 2\/2 {2}test error in % {2}plain-20 \d+, -56 \d+ {2}ResNet-20 \d+, -56 \d+/m)
  expect(out).toMatch(/^network +layers +training error +test error$/m)
  expect(out).toMatch(/^plain-56 +56 +[\d.]+ % +[\d.]+ %$/m)
  expect(out).toContain('These nets have hardly learned')
  expect(code).toBe(0)
  expect(readdirSync(base).sort()).toEqual(['report.html', 'result.json'])
  const result = JSON.parse(readFileSync(join(base, 'result.json'), 'utf8')) as DemoResult
  expect(result).toMatchObject({ steps: 2, seed: 3 })
  expect(result.curves.map(({ net, points }) => [net.name, points.map(({ step }) => step)])).toEqual(
    demoNets.map(({ name }) => [name, [1, 2]]),
  )
})

/** Curves that end where the papers' do. */
function madeUp(): DemoResult {
  const ends = { plain20: 25, plain56: 50, resnet20: 12.4, resnet56: 12.1 }
  const curves = demoNets.map((net) => ({
    net,
    imagesPerSecond: 1000,
    weightHash: '0123456789abcdef',
    points: [300, 600, 900].map((step) => {
      const error = ends[net.preset] + (900 - step) / 20
      return { step, trainError: error - 2, testError: error }
    }),
  }))
  const [plain20, plain56, resnet20, resnet56] = curves.map(finalErrors)
  const verdict = depthVerdict({ plain20: plain20!, plain56: plain56!, resnet20: resnet20!, resnet56: resnet56! })
  return { steps: 900, seed: 0, engine: 'native-avx2', threads: 2, seconds: 171, curves, verdict }
}

test('the report stands alone and tells the nets apart without colour', () => {
  const html = demoReport(madeUp())
  expect(html).not.toMatch(/(src|href)=|@import|https?:(?!\/\/www\.w3\.org\/)|<script/)
  const { document } = parseHTML(html)
  expect(document.querySelector('.verdict')!.textContent).toMatch(/^Depth hurt the plain nets and spared/)
  const charts = [...document.querySelectorAll('svg.chart')]
  expect(charts.map((chart) => chart.getAttribute('aria-label'))).toEqual([
    'Test error against steps: plain-20 ends at 25.0 %, plain-56 ends at 50.0 %, ResNet-20 ends at 12.4 %, ResNet-56 ends at 12.1 %',
    'Training error against steps: plain-20 ends at 23.0 %, plain-56 ends at 48.0 %, ResNet-20 ends at 10.4 %, ResNet-56 ends at 10.1 %',
  ])
  for (const chart of charts) for (const { name } of demoNets) expect(chart.textContent).toContain(name)
  expect([...document.querySelectorAll('tbody tr')].map((row) => row.textContent)).toEqual([
    'plain-202023.0 %25.0 %',
    'plain-565648.0 %50.0 %',
    'ResNet-202010.4 %12.4 %',
    'ResNet-565610.1 %12.1 %',
  ])
  expect(html).toContain('prefers-color-scheme: dark')
  expect(html).toContain('@media print')
})

test('labels are moved apart and keep their order', () => {
  const places = spread([12.1, 50, 12.4, 12.2], 5)
  const order = [0, 3, 2, 1]
  for (let k = 1; k < order.length; k++) expect(places[order[k]!]! - places[order[k - 1]!]!).toBeGreaterThan(4.999)
  expect(places[1]).toBe(50)
  expect(Math.min(...spread([0, 0, 0], 4))).toBeGreaterThanOrEqual(0)
})
