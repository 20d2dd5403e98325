/**
 * Formulas as MathML, made when the lab is built: `$…$` in the markup of a page is TeX, of which
 * svelte-check reads braces as code: only numbers may stand in them.
 */
import temml from 'temml'

/** Only outside of scripts and styles. */
const parts = /(<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>)|\$([^$\n{`][^$\n`]*)\$(?!\{)/g

/** @param {string} tex */
function render(tex) {
  const markup = temml.renderToString(tex.trim(), { throwOnError: true, annotate: false })
  return markup.replaceAll('{', '&#123;').replaceAll('}', '&#125;') // Svelte reads braces as code
}

/** @returns {import('svelte/compiler').PreprocessorGroup} */
export function formulas() {
  return {
    name: 'formulas',
    markup: ({ content }) => ({ code: content.replace(parts, (whole, code, tex) => (code ? whole : render(tex))) }),
  }
}
