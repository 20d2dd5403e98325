/** The command line as it was built. Vitest leaves .mjs files as they are, so that nothing of dist is compiled again. */
export { main } from '../../dist/cli/main.js'
