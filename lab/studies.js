/**
 * The claims of the library's studies, as modules of plain data: `study:lesion` is what `src/studies/lesion.ts` says is so,
 * with its source and the published figure. The studies themselves would bring all that trains nets into the page.
 */
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const PREFIX = 'study:'
const library = fileURLToPath(new URL('../src/internal.ts', import.meta.url))

/** @returns {import('vite').Plugin} */
export function studyModules() {
  /** @type {Promise<readonly import('../src/internal.js').AnyStudy[]> | undefined} */
  let loaded
  return {
    name: 'studies',
    resolveId: (source) => (source.startsWith(PREFIX) ? `\0${source}` : undefined),
    async load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return
      loaded ??= runnerImport(library).then(({ module }) => module.studies)
      const wanted = id.slice(1 + PREFIX.length)
      const study = (await loaded).find(({ name }) => name === wanted)
      if (!study) throw new Error(`lab: there is no study "${wanted}" in src/studies/index.ts`)
      const { name, title, claims } = study
      return `export default ${JSON.stringify({ name, title, claims })}`
    },
  }
}
