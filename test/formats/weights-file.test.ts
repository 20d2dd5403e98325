/** Who names a folder, or a file that is not there, is told of the weights that lie in it or beside it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readWeightsFile } from '../../src/formats/weights-file.node.js'
import { DataError } from '../../src/util/errors.js'

const root = mkdtempSync(join(tmpdir(), 'resnet-weights-'))
afterAll(() => rmSync(root, { recursive: true }))
const place = (...path: string[]) => join(root, ...path)
mkdirSync(place('run'))
mkdirSync(place('empty'))
for (const name of ['last.safetensors', 'best.safetensors', '.best.safetensors.1.tmp', 'metrics.jsonl'])
  writeFileSync(place('run', name), name)

test('the bytes of a file', async () => {
  expect(new TextDecoder().decode(await readWeightsFile(place('run', 'last.safetensors')))).toBe('last.safetensors')
})

test.each([
  [['run'], `it is a folder, a file was expected; name a file in it, such as ${place('run', 'best.safetensors')}`],
  [['empty'], 'it is a folder, a file was expected; no weights are in it'],
  [['run', 'bset.safetensors'], 'it does not exist; beside it are best.safetensors, last.safetensors'],
  [['empty', 'best.safetensors'], 'it does not exist'],
  [['gone', 'best.safetensors'], 'it does not exist'],
])('%j', async (path, reason) => {
  await expect(readWeightsFile(place(...path))).rejects.toThrow(
    new DataError(`${place(...path)}: cannot be read: ${reason}`),
  )
})

test('what a signal was aborted with is thrown', async () => {
  const reason = new Error('enough')
  await expect(readWeightsFile(place('run', 'last.safetensors'), AbortSignal.abort(reason))).rejects.toBe(reason)
})
