/** The examples of README and docs, and those in examples/, have the types of the package. One program of the compiler holds all of them. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { root } from '../formats/others.js'
import { blocksOf, folderFor, pages, readmeExamples } from './examples.js'

const folder = folderFor('types')
mkdirSync(folder, { recursive: true })
const examples = [
  ...readmeExamples().map((code, i) => [`README.md ${i + 1}`, code] as const),
  ...pages.flatMap((page) => blocksOf(page, 'ts').map((code, i) => [`${page} ${i + 1}`, code] as const)),
]
const files = new Map(examples.map(([name]) => [name, join(folder, `${name.replace(/\W/g, '-')}.ts`)]))
for (const [name, code] of examples) writeFileSync(files.get(name)!, code)
const programs = readdirSync(join(root, 'examples')).map((name) => join(root, 'examples', name))

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile) as { config: object }
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
const program = ts.createProgram([...files.values(), ...programs], options)
const complaintsIn = (file: string) =>
  ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))

test('each page has an example', () => {
  for (const page of ['README.md', ...pages]) expect([...files.keys()].some((name) => name.startsWith(page))).toBe(true)
})

test.each([...files])('%s', (_, file) => expect(complaintsIn(file)).toEqual([]))
test.each(programs)('%s', (file) => expect(complaintsIn(file)).toEqual([]))
