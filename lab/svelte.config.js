/** How pages are compiled: formulas first. */
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte'
import { formulas } from './formulas.js'

export default { preprocess: [formulas(), vitePreprocess()] }
