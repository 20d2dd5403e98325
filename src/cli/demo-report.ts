/** The demonstration's report: one HTML file that needs nothing else, readable in light, dark, on paper and on a phone. */
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { type DemoCurve, type DemoNet, type DemoPoint, type DemoResult, demoRecipe, finalErrors } from '../node.js'
import { duration, percentText } from './output.js'

/** How a net is drawn: colour by kind, dashes and strength by depth, so that neither colour nor print is needed. */
const strokes: Readonly<Record<DemoNet['preset'], { readonly width: number; readonly dashes: string }>> = {
  plain20: { width: 1.8, dashes: '6 4' },
  plain56: { width: 2.8, dashes: 'none' },
  resnet20: { width: 1.8, dashes: '6 4' },
  resnet56: { width: 2.8, dashes: 'none' },
}

const colourOf = ({ kind }: DemoNet) => `var(--${kind})`

/** The whole file as text. */
export function demoReport(result: DemoResult): string {
  const { verdict, curves, steps, seed, engine, threads, seconds } = result
  const { size, batchSize, lr } = demoRecipe
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Does depth hurt? Plain and residual networks side by side</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="kicker">resnet.ts demo</p>
<h1>Does depth hurt?</h1>
<p class="verdict">${plainText(verdict.sentence)}</p>
</header>
<ul class="legend">
${curves.map(({ net }) => `<li>${sample(net)}${plainText(net.name)}</li>`).join('\n')}
</ul>
<div class="charts">
${figure('Test error', 'of 1000 pictures the nets never trained on', curves, ({ testError }) => testError)}
${figure('Training error', 'of the pictures trained on since the point before', curves, ({ trainError }) => trainError)}
</div>
<div class="below">
<section>
<h2>Error at the end</h2>
<div class="scroll"><table>
<thead><tr><th scope="col">network</th><th scope="col">layers</th><th scope="col">training</th><th scope="col">test</th></tr></thead>
<tbody>
${curves.map(tableRow).join('\n')}
</tbody>
</table></div>
</section>
<section>
<h2>The question</h2>
<p>A plain network is a stack of layers. Its residual twin has the same layers and the same number of parameters, but
every two layers are bridged by a shortcut that adds their input to their output. More layers can express more, so a
deeper net should do no worse on the pictures it trains on. He, Zhang, Ren and Sun found that deeper plain nets do worse
all the same, because they are hard to optimise, and that residual nets do not: a block that has nothing to add need only
learn to add nothing (<cite>Deep Residual Learning for Image Recognition</cite>, 2015).</p>
</section>
</div>
<footer>
<p>${steps} steps of ${batchSize} pictures for each net, ${size}×${size} pixels, built-in set, SGD with momentum 0.9, learning rate rising
to ${lr} and falling to 0 in one cycle, seed ${seed}. Engine ${plainText(engine)}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${duration(seconds)} in all.
Weights: ${curves.map(({ net, weightHash }) => `${plainText(net.name)}&nbsp;<code>${weightHash}</code>`).join(', ')}.</p>
<p>Again: <code>resnet demo --steps ${steps} --seed ${seed}</code></p>
</footer>
</main>
</body>
</html>
`
}

function tableRow(curve: DemoCurve): string {
  const { net } = curve
  const { train, test } = finalErrors(curve)
  return `<tr><th scope="row">${sample(net)}${plainText(net.name)}</th><td>${net.depth}</td><td>${percentText(train)}</td><td>${percentText(test)}</td></tr>`
}

/** A short piece of the net's line. */
function sample(net: DemoNet): string {
  const { width, dashes } = strokes[net.preset]
  return `<svg class="sample" viewBox="0 0 34 10" width="34" height="10" aria-hidden="true"><line x1="1" x2="33" y1="5" y2="5" stroke="${colourOf(net)}" stroke-width="${width}" stroke-dasharray="${dashes}"/></svg>`
}

const WIDTH = 520
const HEIGHT = 340
const LABEL_HEIGHT = 17
const MARGIN = { left: 46, right: 92, top: 14, bottom: 42 }

function figure(
  title: string,
  subtitle: string,
  curves: readonly DemoCurve[],
  errorOf: (point: DemoPoint) => number,
): string {
  const most = Math.max(...curves.flatMap(({ points }) => points.map(errorOf)))
  const top = Math.min(100, Math.ceil((most + 1) / 10) * 10)
  const steps = Math.max(...curves.flatMap(({ points }) => points.map(({ step }) => step)))
  const perPixel = top / (HEIGHT - MARGIN.top - MARGIN.bottom)
  const heights = spread(
    curves.map(({ points }) => errorOf(points.at(-1)!)),
    LABEL_HEIGHT * perPixel,
  )
  const svg = Plot.plot({
    document: parseHTML('<!doctype html><html></html>').document,
    className: 'chart',
    width: WIDTH,
    height: HEIGHT,
    marginLeft: MARGIN.left,
    marginRight: MARGIN.right,
    marginTop: MARGIN.top,
    marginBottom: MARGIN.bottom,
    x: {
      domain: [0, steps],
      label: 'steps',
      labelAnchor: 'center',
      labelArrow: 'none',
      ticks: 5,
      tickFormat: (step: number) => String(step),
    },
    y: { domain: [0, top], label: null, ticks: 5, tickFormat: (error: number) => `${error} %`, grid: true },
    marks: [
      ...curves.map(({ net, points }) =>
        Plot.line(points, {
          x: 'step',
          y: errorOf,
          stroke: colourOf(net),
          strokeWidth: strokes[net.preset].width,
          strokeDasharray: strokes[net.preset].dashes,
        }),
      ),
      ...curves.map(({ net }, i) =>
        Plot.text([net.name], {
          x: () => steps,
          y: () => heights[i]!,
          text: (name: string) => name,
          fill: colourOf(net),
          textAnchor: 'start',
          dx: 8,
          fontWeight: strokes[net.preset].width > 2 ? 700 : 400,
        }),
      ),
    ],
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute(
    'aria-label',
    `${title} against steps: ${curves.map((curve) => `${curve.net.name} ends at ${percentText(errorOf(curve.points.at(-1)!))}`).join(', ')}`,
  )
  return `<figure><figcaption><strong>${title}</strong> ${subtitle}</figcaption>${svg.outerHTML}</figure>`
}

/** Moves values apart until neighbours differ by at least `gap`, keeping their order and staying at 0 or above. */
export function spread(values: readonly number[], gap: number): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const places = [...values]
  for (let round = 0; round < 100; round++)
    for (let k = 1; k < order.length; k++) {
      const [low, high] = [order[k - 1]!, order[k]!]
      const lacking = gap - (places[high]! - places[low]!)
      if (lacking > 1e-9) {
        places[low]! -= lacking / 2
        places[high]! += lacking / 2
      }
    }
  const lift = Math.max(0, -Math.min(...places))
  return places.map((place) => place + lift)
}

/** As HTML that shows exactly this text. */
function plainText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Orange and blue of Okabe and Ito's palette, lighter on dark ground. */
const style = `
:root { --ground: #fdfdfb; --ink: #1b1d21; --soft: #5d626b; --rule: #d9dade; --plain: #c04e00; --residual: #0067a5; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14161a; --ink: #e9eaec; --soft: #a2a7b0; --rule: #363a41; --plain: #ffa35c; --residual: #6cbcf5; }
}
@media print { :root { --ground: #fff; --ink: #000; --soft: #333; --rule: #bbb; --plain: #c04e00; --residual: #0067a5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
.kicker { margin: 0; color: var(--soft); font-size: .875rem; }
h1 { margin: .1rem 0 .6rem; font-size: 2.1rem; line-height: 1.15; letter-spacing: -.015em; }
h2 { margin: 2.2rem 0 .5rem; font-size: 1.2rem; }
.verdict { margin: 0; max-width: 46rem; font-size: 1.2rem; line-height: 1.45; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: 1.6rem 0 .8rem; padding: 0; list-style: none; }
.sample { margin-right: .55rem; vertical-align: middle; overflow: visible; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 1.2rem 2rem; }
figure { margin: 0; break-inside: avoid; }
figcaption { color: var(--soft); }
figcaption strong { color: var(--ink); }
.chart { display: block; width: 100%; height: auto; color: var(--ink); background: none; font: 14px system-ui, sans-serif; overflow: visible; }
.chart [aria-label="y-grid"] { stroke: var(--rule); stroke-opacity: 1; }
.below { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 0 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem 1.4rem .4rem 0; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
th:first-child { text-align: left; }
tbody th { font-weight: 400; }
thead th { color: var(--soft); font-weight: 400; font-size: .9rem; }
section p { max-width: 46rem; margin: 0; }
footer { margin-top: 2.4rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--soft); font-size: .875rem; }
footer p { margin: 0 0 .4rem; max-width: 60rem; }
code { font-size: .92em; }
@media (max-width: 480px) { .chart { font-size: 17px; } th, td { padding-right: .9rem; } main { padding-top: 1.5rem; } }
`
