/**
 * Pages of docs/ that lessons link to, as pages of the built lab: `studies.html`, `glossary.html` and others, with the
 * pictures that they show. Links to other pages of docs/ become text, for those do not come along.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import MarkdownIt from 'markdown-it'

const folder = new URL('../docs/', import.meta.url)
const documents = ['studies', 'results', 'glossary', 'questions']

/** @returns {import('vite').Plugin} */
export function documentPages() {
  return {
    name: 'documents',
    apply: (_, { command, isSsrBuild }) => command === 'build' && !isSsrBuild,
    generateBundle(_, bundle) {
      const style = Object.keys(bundle).find((name) => /^assets\/index-.*\.css$/.test(name))
      const emit = (fileName, source) => this.emitFile({ type: 'asset', fileName, source })
      for (const name of documents) {
        const markdown = readFileSync(new URL(`${name}.md`, folder), 'utf8').replaceAll(/<!--.*?-->\n?/gs, '')
        const { html, images } = render(markdown)
        for (const image of images) emit(`images/${basename(image)}`, readFileSync(new URL(image, folder)))
        emit(`${name}.html`, page(/^# (.+)$/m.exec(markdown)?.[1] ?? name, style, html))
      }
    },
  }
}

/** @param {string} markdown */
function render(markdown) {
  const { renderer, parse, options } = setup()
  const tokens = parse(markdown)
  const images = []
  for (const { children } of tokens) {
    let leftOut = false
    for (const token of children ?? []) {
      if (token.type === 'image') {
        const source = token.attrGet('src') ?? ''
        images.push(source)
        token.attrSet('src', `images/${basename(source)}`)
      } else if (token.type === 'link_open') {
        const target = token.attrGet('href') ?? ''
        const own = documents.find((name) => target.split('#')[0] === `${name}.md`)
        leftOut = !own && !/^(https?:|#)/.test(target)
        if (own) token.attrSet('href', target.replace('.md', '.html'))
        token.hidden = leftOut
      } else if (token.type === 'link_close') token.hidden = leftOut
    }
  }
  return { html: renderer.render(tokens, options, {}), images }
}

function setup() {
  const reader = new MarkdownIt()
  // Hidden tokens of a line are written all the same, unless their rules say otherwise.
  for (const type of ['link_open', 'link_close'])
    reader.renderer.rules[type] = (tokens, i, options, _, self) =>
      tokens[i].hidden ? '' : self.renderToken(tokens, i, options)
  return { renderer: reader.renderer, options: reader.options, parse: (text) => reader.parse(text, {}) }
}

const page = (title, style, body) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title} · resnet lab</title>
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" href="favicon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="${style}" />
  </head>
  <body>
    <main class="document"><p><a href="./">resnet lab</a></p>
${body}    </main>
  </body>
</html>
`
