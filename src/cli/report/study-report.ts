/** The report of a study, and the page that lists all of them. */
import type { JudgedClaim, Row, StudyResult, Verdict } from '../../internal.node.js'
import { command } from '../terminal/invocation.js'
import { duration } from '../terminal/output.js'
import { commandOf, measuredText, verdictWords } from '../terminal/study-text.js'
import { drawFigure } from './figures.js'
import { page, plainText } from './page.js'
import { wordsSection, wordsStyle } from './words.js'

/** The whole file of one study as text. */
export function studyReport(result: StudyResult): string {
  const { study, scale, title, about, claims, rows, figures } = result
  return page(
    `${title} · a study of resnet.ts`,
    `<header>
<p class="kicker">resnet.ts study ${plainText(study)}, scale ${scale}</p>
<h1>${plainText(title)}</h1>
<p class="about">${plainText(about)}</p>
</header>
<section>
<h2>What is claimed, and what was found</h2>
<ol class="claims">
${claims.map(claimItem).join('\n')}
</ol>
</section>
${figures.length > 0 ? `<div class="charts">\n${figures.map(drawFigure).join('\n')}\n</div>` : ''}
${rows.length > 0 ? `<section>\n<h2>${rows.some(hasPublished) ? 'Published beside measured' : 'Measured'}</h2>\n${rowTable(rows)}\n</section>` : ''}
${footer(result)}
${wordsSection(words)}`,
    style + wordsStyle,
  )
}

/** The words that reports of studies explain. */
const words = [
  'Study',
  'Residual block',
  'Shortcut',
  'Plain twin',
  'Basic block, bottleneck block',
  'Stem, stage, head',
  'Post-activation, pre-activation',
  'Batch norm',
  '3x3 convolution',
  'Identity function',
  'Weight decay',
  'MACs',
  'Gradient',
  'Top-1 error',
]

/** The index page: the verdict on each claim, with a link to its report. */
export function studyIndex(results: readonly StudyResult[]): string {
  const claims = results.flatMap((result) => result.claims)
  const count = (verdict: Verdict) => claims.filter((claim) => claim.verdict === verdict).length
  const scale = results[0]?.scale ?? 'quick'
  return page(
    'Claims about residual networks, run and judged',
    `<header>
<p class="kicker">resnet.ts studies, scale ${scale}</p>
<h1>Claims about residual networks, run and judged</h1>
<p class="about">${results.length} studies, ${claims.length} claims: ${count('holds')} hold, ${count('does-not-hold')} do not hold, ${count('inconclusive')} are inconclusive here. Each rule stood before the run; a claim that fails at this scale may hold at the paper’s.</p>
</header>
${results.map(indexEntry).join('\n')}
<footer><p>Again: <code>${command(`study all --scale ${scale}`)}</code></p></footer>`,
    style,
  )
}

function indexEntry({ study, title, claims }: StudyResult): string {
  return `<section class="entry">
<h2><a href="${study}/report.html">${plainText(title)}</a> <span class="name">${study}</span></h2>
<ul class="short">
${claims.map((claim) => `<li>${badge(claim.verdict)} ${plainText(claim.claim)}</li>`).join('\n')}
</ul>
</section>`
}

function badge(verdict: Verdict): string {
  const [sign, word] = verdictWords[verdict]
  return `<span class="badge ${verdict}"><span aria-hidden="true">${sign}</span> ${word}</span>`
}

function claimItem({ claim, source, expected, verdict, rule, ...finding }: JudgedClaim): string {
  return `<li>
<p class="claim">${badge(verdict)} ${plainText(claim)}</p>
<dl>
<div><dt>source</dt><dd>${plainText(source)}: ${plainText(expected)}</dd></div>
<div><dt>rule</dt><dd>${plainText(rule)}</dd></div>
<div><dt>measured</dt><dd>${plainText(measuredText(finding))}</dd></div>
</dl>
</li>`
}

const hasPublished = ({ published, remark }: Row) => published !== undefined || remark !== undefined

function rowTable(rows: readonly Row[]): string {
  const published = rows.some(hasPublished)
  const head = ['', ...(published ? ['published'] : []), 'measured', 'spread', 'seeds']
  return `<div class="scroll"><table>
<thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => tableRow(row, published)).join('\n')}
</tbody>
</table></div>`
}

function tableRow(
  { what, published, approximate, remark, values, unit, digits = 1 }: Row,
  withPublished: boolean,
): string {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1))
  const shown = (value: number) =>
    `${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit && ` ${unit}`}`
  const source =
    published === undefined ? (remark ?? '') : `${approximate ? '~ ' : ''}${published}${unit && ` ${unit}`}`
  const cells = [
    ...(withPublished ? [source] : []),
    n > 0 ? shown(mean) : 'not run',
    n > 1 ? `± ${shown(spread)}` : '',
    String(n),
  ]
  return `<tr><th scope="row">${plainText(what)}</th>${cells.map((cell) => `<td>${plainText(cell)}</td>`).join('')}</tr>`
}

function footer(result: StudyResult): string {
  const { shrunk, data, seeds, engine, threads, seconds } = result
  return `<footer>
<p>${plainText(shrunk)}</p>
<p>Data: ${plainText(data)}. ${seeds.length === 1 ? 'Seed' : 'Seeds'} ${seeds.join(', ')}; “±” is the standard deviation over seeds. A claim holds, or does not, where
its mean is on one side of the margin by two standard errors or more; otherwise, and with fewer than three seeds, it is inconclusive.</p>
<p>Engine ${plainText(engine)}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ${duration(seconds)} in this run; what earlier runs or other studies had trained was taken from them.
Again: <code>${plainText(commandOf(result))}</code></p>
</footer>`
}

const style = `
.about { margin: 0; max-width: 46rem; }
a { color: var(--residual); }
.claims { margin: 0; padding: 0 0 0 1.4rem; max-width: 56rem; }
.claims li { margin: 0 0 1.1rem; break-inside: avoid; }
.claim { margin: 0; max-width: 56rem; }
dl { margin: .25rem 0 0; font-size: .9rem; color: var(--soft); }
dl div { display: flex; gap: .8rem; }
dt { flex: 0 0 5rem; }
dd { margin: 0; color: var(--ink); }
.badge { display: inline-block; padding: 0 .5rem; border: 1.5px solid; border-radius: 1rem; font-size: .82rem; font-weight: 600; white-space: nowrap; }
.badge.holds { color: var(--residual); }
.badge.does-not-hold { color: var(--plain); }
.badge.inconclusive { color: var(--soft); border-style: dashed; }
.charts { margin-top: 2rem; }
.wide { grid-column: 1 / -1; }
.empty { color: var(--soft); }
.entry { break-inside: avoid; }
.entry h2 { margin: 1.6rem 0 .3rem; }
.entry .name { color: var(--soft); font-weight: 400; font-size: .875rem; }
.short { margin: 0; padding: 0; list-style: none; }
.short li { display: grid; grid-template-columns: 8.6rem 1fr; align-items: baseline; margin: 0 0 .3rem; max-width: 56rem; }
.short .badge { justify-self: start; }
@media (max-width: 480px) { h1 { font-size: 1.7rem; } dl div { display: block; } dd { margin-bottom: .2rem; } .short li { display: block; margin-bottom: .6rem; } }
@media print { a { color: inherit; text-decoration: none; } }
`
