/**
 * `npm test`: builds what is out of date, runs the tests, and ends with `N passed, N failed` on a line of its own.
 * Arguments go to Vitest: `npm test -- test/ops`, `npm test -- -t "batch norm"`.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseCLI, startVitest } from 'vitest/node'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

/** The last line of every test run, whatever happened. */
function finish({ passed, failed, skipped }) {
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  process.exit(failed === 0 && passed > 0 ? 0 : 1)
}

const build = spawnSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 'inherit', 'inherit'] })
if (build.status !== 0) {
  console.error('the build failed: no test was run')
  finish({ passed: 0, failed: 1, skipped: 0 })
}

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
const vitest = await startVitest('test', filter, { ...options, run: true, watch: false })

const counts = { passed: 0, failed: vitest.state.getUnhandledErrors().length, skipped: 0 }
for (const testModule of vitest.state.getTestModules()) {
  // A file that cannot be loaded, or a hook that throws, fails without a test that does.
  if (testModule.errors().length > 0) counts.failed++
  for (const suite of testModule.children.allSuites()) if (suite.errors().length > 0) counts.failed++
  for (const test of testModule.children.allTests()) {
    const { state } = test.result()
    counts[state === 'passed' || state === 'failed' ? state : 'skipped']++
  }
}
await vitest.close()
finish(counts)
