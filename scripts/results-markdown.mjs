/**
 * Prints what studies came to as Markdown, for docs/results.md: a heading a study, then its claims. With `--rows` also the
 * command, and the numbers beside those of the source.
 * `node scripts/results-markdown.mjs runs/studies/quick`
 */
import { commandOf, measuredText, numberText, verdictText } from '../dist/cli/terminal/study-text.js'
import { readStudyResults } from '../dist/internal.node.js'

const [folder, rows] = process.argv.slice(2)
if (!folder) throw new Error('results-markdown: which folder of a scale? for example runs/studies/quick')
const results = await readStudyResults(folder)
if (results.length === 0) throw new Error(`results-markdown: ${folder} holds no results of studies`)

const cell = (text) => text.replaceAll('|', '\\|')
const line = (cells) => `| ${cells.map(cell).join(' | ')} |`
const table = (head, lines) =>
  console.log([line(head), `|${'---|'.repeat(head.length)}`, ...lines.map(line)].join('\n'))

for (const result of results) {
  console.log(`\n### \`${result.study}\`: ${result.title}\n`)
  if (rows) console.log(`\`\`\`sh\n${commandOf(result)}\n\`\`\`\n`)
  table(
    ['claim', 'source found', 'measured', 'verdict'],
    result.claims.map((claim) => [
      claim.claim,
      `${claim.expected} (${claim.source})`,
      `${measuredText(claim)} (${claim.rule})`,
      verdictText(claim.verdict),
    ]),
  )
  if (!rows) continue
  console.log()
  table(['', 'published', 'measured'], result.rows.map(rowCells))
}

function rowCells({ what, published, approximate, remark = '', values, unit }) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const source = published === undefined ? remark : `${approximate ? '~ ' : ''}${numberText(published, unit)}`
  return [what, source, values.length === 0 ? 'not run' : numberText(mean, unit)]
}
