// The code in docs/specs.md is run, and prints what its comments say.
import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, test } from 'vitest'
import * as complexity from '../../src/model/complexity.js'
import { forwardGraph } from '../../src/model/forward.js'
import * as summary from '../../src/model/summary.js'
import { verify } from '../../src/ops/index.js'
import * as families from '../../src/spec/checked.js'
import * as presets from '../../src/spec/presets.js'
import * as surgery from '../../src/spec/surgery.js'
import * as validate from '../../src/spec/validate.js'

const page = readFileSync('docs/specs.md', 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!)
const exported: Record<string, unknown> = {
  ...complexity,
  ...families,
  ...presets,
  ...summary,
  ...surgery,
  ...validate,
}

test('the example of the format is a valid network', () => {
  const [json] = blocks('json')
  const spec = validate.validateSpec(JSON.parse(json!))
  const graph = verify(forwardGraph(spec, { batch: 2, mode: 'training' }))
  expect(graph.outputs[0]!.value.type.shape).toEqual([2, 10])
})

test.each(blocks('ts').map((code) => [code.split('\n')[0]!, code]))('%s', (_, code) => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true },
  })
  const imports = [...outputText.matchAll(/import \{ (.*) \} from 'resnet\.ts(?:\/studies)?';?/g)]
  const names = imports.flatMap(([, names]) => names!.split(', '))
  expect(names.filter((name) => !(name in exported))).toEqual([])
  const printed: string[] = []
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  const console = { log: (...values: readonly unknown[]) => printed.push(values.map(text).join(' ')) }
  const body = outputText.replace(/^import .*$/gm, '')
  new Function('console', ...names, body)(console, ...names.map((name) => exported[name]))
  const promised = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, comment]) => comment)
  expect(promised.length).toBeGreaterThan(0)
  expect(printed).toEqual(promised)
})
