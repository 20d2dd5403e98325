/** The demonstration's report: one self-contained HTML file, readable in light and dark, on paper and on a phone. */
import {
  type DemoCurve,
  type DemoNet,
  type DemoPoint,
  type DemoResult,
  demoRecipe,
  finalErrors,
} from '../../internal.node.js'
import { command } from '../terminal/invocation.js'
import { duration, percentText } from '../terminal/output.js'
import { drawLines } from './lines.js'
import { page, plainText } from './page.js'
import { wordsSection, wordsStyle } from './words.js'

/** The style of a net's line: colour by kind, dashes and strength by depth, so that it is readable without colour. */
const strokes: Readonly<Record<DemoNet['preset'], { readonly width: number; readonly dashes: string }>> = {
  plain20: { width: 1.8, dashes: '6 4' },
  plain56: { width: 2.8, dashes: 'none' },
  resnet20: { width: 1.8, dashes: '6 4' },
  resnet56: { width: 2.8, dashes: 'none' },
}

const colourOf = ({ kind }: DemoNet) => `var(--${kind})`

/** The curves of a demonstration that was stopped. */
export interface StoppedDemo extends Omit<DemoResult, 'verdict' | 'curves'> {
  /** The curves of nets that have points. */
  readonly curves: readonly Pick<DemoCurve, 'net' | 'points'>[]
  /** The reason why it stopped. */
  readonly stopped: string
}

type Drawn = (DemoResult | StoppedDemo)['curves'][number]

/** The whole file as text. */
export function demoReport(result: DemoResult | StoppedDemo): string {
  const { curves, steps, seed, engine, threads, seconds } = result
  const sentence = 'stopped' in result ? result.stopped : result.verdict.sentence
  const { size, batchSize, lr } = demoRecipe
  return page(
    'Does depth hurt? Plain and residual networks side by side',
    `<header>
<p class="kicker">resnet.ts demo</p>
<h1>Does depth hurt?</h1>
<p class="verdict">${plainText(sentence)}</p>
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
<h2>Error at the end${'stopped' in result ? ' of what ran' : ''}</h2>
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
${'stopped' in result ? 'It did not come to its end.' : `Weights: ${result.curves.map(({ net, weightHash }) => `${plainText(net.name)}&nbsp;<code>${weightHash}</code>`).join(', ')}.`}</p>
<p>Again: <code>${plainText(command(`demo --steps ${steps} --seed ${seed}`))}</code></p>
<p>On from here: <code>${plainText(command('lab'))}</code> lets you race these networks, take blocks out of them and follow a picture
through them in the browser; <code>${plainText(command('study degradation'))}</code> judges the claim with several seeds and depths.</p>
</footer>
${wordsSection(words)}`,
    style + wordsStyle,
  )
}

/** The words that this report explains. */
const words = [
  'Degradation',
  'Residual block',
  'Shortcut',
  'Plain twin',
  'Depth',
  'Step, epoch, batch',
  'Learning rate',
  'Top-1 error',
  'Test, validation',
]

function tableRow(curve: Drawn): string {
  const { net } = curve
  const { train, test } = finalErrors(curve)
  return `<tr><th scope="row">${sample(net)}${plainText(net.name)}</th><td>${net.depth}</td><td>${percentText(train)}</td><td>${percentText(test)}</td></tr>`
}

/** A short sample of the net's line. */
function sample(net: DemoNet): string {
  const { width, dashes } = strokes[net.preset]
  return `<svg class="sample" viewBox="0 0 34 10" width="34" height="10" aria-hidden="true"><line x1="1" x2="33" y1="5" y2="5" stroke="${colourOf(net)}" stroke-width="${width}" stroke-dasharray="${dashes}"/></svg>`
}

function figure(
  title: string,
  subtitle: string,
  curves: readonly Drawn[],
  errorOf: (point: DemoPoint) => number,
): string {
  const most = Math.max(...curves.flatMap(({ points }) => points.map(errorOf)))
  const top = Math.min(100, Math.ceil((most + 1) / 10) * 10)
  const steps = Math.max(...curves.flatMap(({ points }) => points.map(({ step }) => step)))
  const ends = curves.map((curve) => `${curve.net.name} ends at ${percentText(errorOf(curve.points.at(-1)!))}`)
  const chart = drawLines(
    curves.map(({ net, points }) => ({
      name: net.name,
      colour: colourOf(net),
      ...strokes[net.preset],
      points: points.map((point) => ({ x: point.step, y: errorOf(point) })),
    })),
    {
      description: `${title} against steps: ${ends.join(', ')}`,
      x: { label: 'steps', domain: [0, steps], format: String },
      y: { domain: [0, top], format: (error) => `${error} %` },
    },
  )
  return `<figure><figcaption><strong>${title}</strong> ${subtitle}</figcaption>${chart}</figure>`
}

const style = `
.verdict { margin: 0; max-width: 46rem; font-size: 1.2rem; line-height: 1.45; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: 1.6rem 0 .8rem; padding: 0; list-style: none; }
.sample { margin-right: .55rem; vertical-align: middle; overflow: visible; }
.below { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 0 2rem; }
`
