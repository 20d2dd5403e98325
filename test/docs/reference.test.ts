/** Every export has a docstring, and every link in one leads somewhere: the API reference can be made of them. */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const typedoc = join(dirname(createRequire(import.meta.url).resolve('typedoc/package.json')), 'bin/typedoc')

test('no export is undocumented', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [typedoc, '--emit', 'none'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  const complaints = `${stdout}${stderr}`.split('\n').filter((line) => /\[(warning|error)\]/.test(line))
  expect(complaints).toEqual([])
})
