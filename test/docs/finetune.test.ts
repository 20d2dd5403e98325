/** The commands and the program of docs/finetune.md run, in order, on a folder of pictures. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writePictures, writeWeights } from '../api/shape-files.js'
import { root } from '../formats/others.js'
import { pageOf } from './examples.js'

const { folder, blocks, run, runExample } = pageOf('finetune.md', async (place) => {
  await writeWeights(join(place, 'weights.safetensors'))
  await writePictures(join(place, 'my-pictures'), 'train', 8)
})

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

test('the program runs', () => {
  const [code] = blocks('ts')
  expect(runExample(code!)).toMatch(
    /^all of resnet8 is frozen, .* \(as asked\)\n\d+\.\d % accuracy on 5 of 24 pictures, held out by chance/,
  )
})
