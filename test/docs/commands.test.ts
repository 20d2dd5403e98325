/** The commands of the documents: each is called as it can be called, exists, and has the flags that it is shown with. */
import { execSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commands as known } from '../../src/cli/commands/index.js'
import { resnet } from '../cli/run.js'
import { root } from '../house/sources.js'

const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
)
const names = known.map(({ name }) => name).join('|')
/** Works in a checkout and in a project that has the package; `node bin/resnet.js` in a checkout only. */
const started = new RegExp(`(npx --no -- resnet|node bin/resnet\\.js) (${names})\\b([^\`#\\n]*)`, 'g')

interface Shown {
  readonly page: string
  readonly line: string
  readonly how: string
  readonly name: string
  readonly flags: readonly string[]
}

const shown: Shown[] = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(started)].map(([line, how, name, rest]) => ({
    page,
    line: line.trim(),
    how: how!,
    name: name!,
    flags: [...rest!.matchAll(/ (--?[a-z][a-z-]*)/g)].map(([, flag]) => flag!),
  })),
)

test('no document calls a program that is not there', () => {
  const bare = pages.flatMap((page) =>
    readFileSync(join(root, page), 'utf8')
      .split('\n')
      .filter((line) => new RegExp(`(^|[\`$] ?)(npx )?resnet (${names})\\b`).test(line))
      .map((line) => `${page}: ${line}`),
  )
  expect(bare).toEqual([])
  expect(shown.length).toBeGreaterThan(30)
})

const helps = new Map<string, Promise<string>>()
const helpOf = (name: string) => {
  const help = helps.get(name) ?? resnet([name, '--help']).then(({ out }) => out)
  helps.set(name, help)
  return help
}

describe('has the flags that it is shown with', () => {
  test.each(shown)('$page: $line', async ({ name, flags }) => {
    const help = await helpOf(name)
    expect(flags.filter((flag) => !new RegExp(`(^|[ ,])${flag}\\b`, 'm').test(help))).toEqual([])
  })
})

/** Commands that need nothing but a moment. */
const quick = shown.filter(({ line }) => /resnet(\.js)? (list|summary resnet\w+|study --list)\b/.test(line))

test.each(quick)('runs as it is written: $line', ({ line }) => {
  expect(execSync(line, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).toMatch(/\S/)
})

test('some commands run as they are written', () => expect(quick.length).toBeGreaterThan(2))
