/** Examples of README and docs, run in a folder of their own. `types.test.ts` checks the types of all of them at once. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll } from 'vitest'
import { root } from '../formats/others.js'

/** The pages of docs/ whose examples run. */
export const pages = [
  'api.md',
  'data.md',
  'finetune.md',
  'predict.md',
  'studies.md',
  'upscaling.md',
  'weights.md',
] as const

export interface Page {
  /** Where examples and commands run. */
  readonly folder: string
  /** All blocks of a language, in order. */
  blocks(language: string): string[]
  /** Runs Node with arguments; standard output. */
  run(...args: readonly string[]): string
  /** Runs an example; standard output. */
  runExample(code: string): string
}

/** All blocks of a language on a page of docs/, in order. */
export function blocksOf(name: (typeof pages)[number], language: string): string[] {
  const page = readFileSync(join(root, 'docs', name), 'utf8')
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!)
}

/** The examples of the README that run. */
export function readmeExamples(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  return [...readme.matchAll(/<!-- run -->\n```ts\n([\s\S]*?)```/g)].map(([, text]) => text!)
}

/** The program that an example is, without its types. */
export function withoutTypes(code: string): string {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
  return ts.transpileModule(code, { compilerOptions }).outputText
}

/** A folder inside the checkout, so that `resnet.ts` finds the package it is in; `runs` is ignored by git. */
export function folderFor(name: string): string {
  const folder = join(root, 'runs', `${name}-${process.pid}`)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** @param prepare puts into the folder what the page takes for granted */
export function pageOf(name: (typeof pages)[number], prepare: (folder: string) => void | Promise<void>): Page {
  const folder = folderFor(name)
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    await prepare(folder)
  })
  let count = 0

  const run = (...args: readonly string[]) =>
    execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return {
    folder,
    run,
    blocks: (language) => blocksOf(name, language),
    runExample(code) {
      const script = join(folder, `example${++count}.mjs`)
      writeFileSync(script, withoutTypes(code))
      return run(script)
    },
  }
}
