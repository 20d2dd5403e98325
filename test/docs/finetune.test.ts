/** The commands and the program of docs/finetune.md run, in order, on a folder of pictures. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writePictures, writeWeights } from '../api/shape-files.js'
import { root } from '../formats/others.js'

const page = readFileSync(join(root, 'docs/finetune.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!)

// Inside the checkout, so that `resnet.ts` finds the package it is in; `runs` is ignored by git.
const folder = join(root, 'runs', `finetune-docs-${process.pid}`)
beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  await writeWeights(join(folder, 'weights.safetensors'))
  await writePictures(join(folder, 'my-pictures'), 'train', 8)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (...args: readonly string[]) =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

test('the commands', () => {
  const commands = blocks('sh').flatMap((text) => text.trim().split('\n'))
  expect(commands.length).toBe(5)
  for (const line of commands) {
    const [npx, no, dashes, program, ...args] = line.split(' ')
    expect([npx, no, dashes, program]).toEqual(['npx', '--no', '--', 'resnet'])
    expect(run(join(root, 'bin/resnet.js'), ...args)).not.toBe('')
  }
  const files = ['last.safetensors', 'report.html', 'metrics.jsonl'].map((name) =>
    join('runs/finetune-my-pictures', name),
  )
  for (const file of ['my-net.onnx', ...files]) expect([file, existsSync(join(folder, file))]).toEqual([file, true])
})

test('the program has the types of the package, and runs', () => {
  const [code] = blocks('ts')
  const file = join(folder, 'example.ts')
  writeFileSync(file, code!)
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const diagnostics = ts.getPreEmitDiagnostics(ts.createProgram([file], options))
  expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
  const { outputText } = ts.transpileModule(code!, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  })
  const script = join(folder, 'example.mjs')
  writeFileSync(script, outputText)
  expect(run(script)).toMatch(
    /^all of resnet8 is frozen, .* \(as asked\)\n\d+\.\d % error on 5 of 24 pictures, held out by chance/,
  )
})
