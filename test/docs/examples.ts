/** Examples of a page of the docs, type-checked and run in a folder of their own. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, expect } from 'vitest'
import { root } from '../formats/others.js'

export interface Page {
  /** Where examples and commands run. */
  readonly folder: string
  /** All blocks of a language, in order. */
  blocks(language: string): string[]
  /** Runs Node with arguments; standard output. */
  run(...args: readonly string[]): string
  /** Checks the types of an example and runs it; standard output. */
  runExample(code: string): string
}

/** @param prepare puts into the folder what the page takes for granted */
export function pageOf(name: string, prepare: (folder: string) => void | Promise<void>): Page {
  const page = readFileSync(join(root, 'docs', name), 'utf8')
  // Inside the checkout, so that `resnet.ts` finds the package it is in; `runs` is ignored by git.
  const folder = join(root, 'runs', `${name}-${process.pid}`)
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    await prepare(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  let count = 0

  const run = (...args: readonly string[]) =>
    execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return {
    folder,
    run,
    blocks: (language) =>
      [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!),
    runExample(code) {
      const file = join(folder, `example${++count}.ts`)
      writeFileSync(file, code)
      const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object }
      const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
      const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([file], options))
      expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      })
      const script = file.replace(/\.ts$/, '.mjs')
      writeFileSync(script, outputText)
      return run(script)
    },
  }
}
