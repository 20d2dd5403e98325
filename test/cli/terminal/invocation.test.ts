/** Commands that are printed work where they are printed. */
import { execFileSync, execSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command, examples, invocation, word } from '../../../src/cli/terminal/invocation.js'
import { root } from '../../house/sources.js'
import { resnet } from '../run.js'

describe('the words that start the command line', () => {
  const all = () => true
  const none = () => false
  test.each([
    ['in a checkout', '/home/a/resnet.ts/', '/home/a/resnet.ts/docs', [], all, 'npx --no -- resnet'],
    ['in a project', '/home/a/p/node_modules/resnet.ts/', '/home/a/p', [], all, 'npx --no -- resnet'],
    ['installed globally', '/usr/lib/node_modules/resnet.ts/', '/home/a', ['/usr/bin'], all, 'resnet'],
    ['beside a checkout', '/home/a/resnet.ts/', '/home/a', ['/usr/bin'], all, 'node /home/a/resnet.ts/bin/resnet.js'],
    ['in a neighbour of like name', '/a/resnet.ts/', '/a/resnet.ts2', [], all, 'node /a/resnet.ts/bin/resnet.js'],
    [
      'globally, but not on the path',
      '/opt/lib/node_modules/resnet.ts',
      '/home/a',
      ['/usr/bin'],
      none,
      'node /opt/lib/node_modules/resnet.ts/bin/resnet.js',
    ],
    ['with a space on its way', '/home/a b/resnet.ts', '/', [], all, 'node "/home/a b/resnet.ts/bin/resnet.js"'],
  ] as const)('%s', (_, root, cwd, path, exists, expected) => {
    expect(invocation({ root, cwd, path, exists })).toBe(expected)
  })

  test('stand before each example and each command', () => {
    const standpoint = { root: '/c', cwd: '/c', path: [], exists: none }
    expect(command('demo', standpoint)).toBe('npx --no -- resnet demo')
    expect(examples('demo')).toMatch(/^\nExample:\n {2}\$ \S.* demo$/)
    expect(examples('demo', 'list')).toMatch(/^\nExamples:\n {2}\$ \S.* demo\n {2}\$ \S.* list$/)
  })

  test('words with spaces and signs of the shell stand in quotes', () => {
    expect(word('runs/a-b.c')).toBe('runs/a-b.c')
    expect(execFileSync('sh', ['-c', `printf %s ${word('a $b "c" `d`')}`], { encoding: 'utf8' })).toBe('a $b "c" `d`')
  })
})

test('the first line of the help works in the folder where it was printed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'resnet elsewhere '))
  try {
    for (const cwd of [root, join(root, 'docs'), folder]) {
      const { out } = await resnet(['--help'], { cwd })
      const words = /^Usage: (.*) \[options\]/m.exec(out)![1]!
      expect(execSync(`${words} --version`, { cwd, encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+\n$/)
      expect(out).toContain(`Start with: ${words} demo`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
