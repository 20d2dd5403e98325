/**
 * Prints what studies came to as Markdown, for docs/results.md: a heading a study, then its claims.
 * `node scripts/results-markdown.mjs runs/studies/quick`
 */
import { measuredText, verdictText } from '../dist/cli/study-text.js'
import { readStudyResults } from '../dist/node.js'

const folder = process.argv[2]
if (!folder) throw new Error('results-markdown: which folder of a scale? for example runs/studies/quick')
const results = await readStudyResults(folder)
if (results.length === 0) throw new Error(`results-markdown: ${folder} holds no results of studies`)

const cell = (text) => text.replaceAll('|', '\\|')
for (const { study, title, claims } of results) {
  console.log(`\n### \`${study}\`: ${title}\n`)
  console.log('| claim | source found | measured | verdict |\n|---|---|---|---|')
  for (const claim of claims)
    console.log(
      `| ${cell(claim.claim)} | ${cell(claim.expected)} (${cell(claim.source)}) | ${cell(measuredText(claim))} (${cell(claim.rule)}) | ${verdictText(claim.verdict)} |`,
    )
}
