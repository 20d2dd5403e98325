/** Formulas as MathML, made when the lab is built: `$…$` in the markup of a page is TeX, `$$…$$` on a line of its own. */
import type { PreprocessorGroup } from 'svelte/compiler'
import temml from 'temml'

/** Svelte reads braces as code. */
const escaped = (markup: string) => markup.replaceAll('{', '&#123;').replaceAll('}', '&#125;')

const render = (tex: string, displayMode: boolean) =>
  escaped(temml.renderToString(tex.trim(), { displayMode, throwOnError: true, annotate: false }))

/** Only outside of scripts, styles and code in braces. */
const parts = /(<script[\s\S]*?<\/script>|<style[\s\S]*?<\/style>)|\$\$([^$]+)\$\$|\$([^$\n{`][^$\n`]*)\$(?!\{)/g

export function formulas(): PreprocessorGroup {
  return {
    name: 'formulas',
    markup: ({ content }) => ({
      code: content.replace(parts, (whole, code?: string, display?: string, inline?: string) =>
        code !== undefined ? whole : display !== undefined ? render(display, true) : render(inline ?? '', false),
      ),
    }),
  }
}
