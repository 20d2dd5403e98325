/** The examples of the README are type-checked and run as they are, only smaller. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, test } from 'vitest'
import { root } from './sources.js'

/** What makes an example quick: each pattern must occur in one of them. */
const smaller: readonly [RegExp, string][] = [
  [/\bbuiltin\(\{ size: 16 \}\)/g, 'builtin({ size: 16, train: 64, test: 32 })'],
  [/'resnet(20|56)'/g, `'resnet8'`],
  [/\bepochs: \d+/g, 'epochs: 1'],
  [/\bsteps: \d+/g, 'steps: 2'],
  [/\bsteps\(\d+\)/g, 'steps(2)'],
  [/\bbatchSize: \d+/g, 'batchSize: 16'],
]

// Inside the checkout, so that `resnet.ts` finds the package it is in; `runs` is ignored by git.
const folder = join(root, 'runs', `readme-${process.pid}`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const examples = [...readme.matchAll(/<!-- run -->\n```ts\n([\s\S]*?)```/g)].map(([, text]) => text!)

test('the README has examples to run, and each way to make them smaller is of use', () => {
  expect(examples.length).toBeGreaterThan(1)
  for (const [pattern] of smaller) expect(examples.join('\n')).toMatch(pattern)
})

describe.each(examples.map((text, i) => [i + 1, text] as const))('example %i', (number, text) => {
  const file = join(folder, `example${number}.ts`)

  test('has the types of the package', () => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, text)
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object }
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
    const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([file], options))
    expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
  })

  test('runs', () => {
    mkdirSync(folder, { recursive: true })
    const small = smaller.reduce((code, [pattern, replacement]) => code.replaceAll(pattern, replacement), text)
    const { outputText } = ts.transpileModule(small, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    })
    const script = file.replace(/\.ts$/, '.mjs')
    writeFileSync(script, outputText)
    const output = execFileSync(process.execPath, [script], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    console.log(output.trim())
    expect(output).not.toBe('')
    expect(output).not.toMatch(/NaN|undefined/)
  })
})
