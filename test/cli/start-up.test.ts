/** Help comes at once: what a command does not need is not loaded. Modules are counted here, as times depend on machines. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const root = pathToFileURL(fileURLToPath(new URL('../..', import.meta.url))).href
const script = fileURLToPath(new URL('../../bin/resnet.js', import.meta.url))

/** Files of the package and names of packages that a call of `resnet` loads, sorted. */
function loadedBy(...args: string[]): string[] {
  const hook = `import { writeSync } from 'node:fs'
    export const load = (url, context, next) => { writeSync(2, url + '\\n'); return next(url, context) }`
  const data = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`
  const register = `import { register } from 'node:module'; register(${JSON.stringify(data(hook))})`
  const { status, stderr } = spawnSync(process.execPath, ['--import', data(register), script, ...args], {
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  const names = stderr
    .split('\n')
    .filter((url) => url.startsWith('file:'))
    .map((url) => /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? url.replace(root, ''))
  return [...new Set(names)].sort()
}

test('the help of all commands loads none of them', () => {
  const terminal = ['interrupt', 'invocation', 'output', 'shell-words'].map((name) => `terminal/${name}`)
  const own = ['commands/index', 'main', ...terminal]
  const cli = own.map((name) => `dist/cli/${name}.js`)
  expect(loadedBy('--help')).toEqual(['bin/resnet.js', 'commander', ...cli])
})

test.each(['demo', 'train', 'eval', 'summary', 'data', 'doctor'])(
  'the help of %s loads that command, and nothing that decodes or draws pictures',
  (command) => {
    const loaded = loadedBy(command, '--help')
    expect(loaded).toContain(`dist/cli/commands/${command}.js`)
    expect(loaded.filter((name) => /^(sharp|linkedom|@observablehq\/plot)$|\.node$/.test(name))).toEqual([])
  },
)
