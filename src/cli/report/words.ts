/** The words of a report, explained at its end with entries of docs/glossary.md. */
import { readFileSync } from 'node:fs'
import { plainText } from './page.js'

const glossary = new URL('../../../docs/glossary.md', import.meta.url)

/** The entries of the glossary by their titles, such as `**Shortcut.** The connection around a branch ...`. */
export function glossaryEntries(text: string): ReadonlyMap<string, string> {
  const found = text.split(/\n{2,}/).map((paragraph) => /^\*\*(.+?)\.\*\* ([\s\S]+)/.exec(paragraph))
  return new Map(found.flatMap((entry) => (entry ? [[entry[1]!, entry[2]!.trim().replaceAll('\n', ' ')]] : [])))
}

/** A section of a report that the reader can open. @param titles the titles of entries of the glossary */
export function wordsSection(titles: readonly string[]): string {
  const entries = glossaryEntries(readFileSync(glossary, 'utf8'))
  const items = titles.map((title) => `<dt>${plainText(title)}</dt><dd>${marked(entries.get(title) ?? '')}</dd>`)
  return `<details class="words"><summary>Words</summary><dl>${items.join('\n')}</dl></details>`
}

/** Converts the Markdown of the glossary to HTML: `*word*` and `` `code` ``. */
function marked(text: string): string {
  return plainText(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*([^*]+)\*/g, '<em>$1</em>')
}

/** The style of pages that have the section. */
export const wordsStyle = `
.words { margin-top: 1.4rem; max-width: 46rem; font-size: .9rem; }
.words summary { cursor: pointer; color: var(--soft); }
.words dl { display: block; color: inherit; }
.words dt { margin-top: .6rem; font-weight: 600; }
.words dd { margin: 0; }
`
