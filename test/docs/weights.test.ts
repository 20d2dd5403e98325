/** The examples of docs/weights.md run on a file of weights, and its commands do what they say. */
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keyMaps, namedParameters } from '../../src/formats/names/key-maps.js'
import type { StoredTensor } from '../../src/formats/stored-tensor.js'
import { preset } from '../../src/spec/presets.js'
import { DataError } from '../../src/util/errors.js'
import { recognise } from '../formats/names/recognised.js'
import { root } from '../formats/others.js'
import { pageOf } from './examples.js'

const { folder, blocks, run, runExample } = pageOf('weights.md', (place) =>
  copyFileSync(join(root, 'test/formats/fixtures/odd.pth'), join(place, 'weights.pth')),
)

describe.each(blocks('ts').map((code, i) => [i + 1, code] as const))('example %i', (number, code) => {
  test('runs', () => {
    expect(runExample(code)).toMatch(
      number === 1 ? /^resnet8 \[ 0\.485, 0\.456, 0\.406 \]\n\[ 1, 3 \]\n$/ : /^resnet8 true\n$/,
    )
  })
})

const commands = blocks('sh').flatMap((text) => text.trim().split('\n'))

test('the commands', () => {
  expect(commands.length).toBe(5)
  for (const line of commands.filter((line) => !line.includes('--data '))) {
    const args = line.split(' ').slice(4) // npx --no -- resnet
    expect(run(join(root, 'bin/resnet.js'), ...args)).not.toBe('')
  }
  for (const file of ['net.safetensors', 'net.onnx']) expect(existsSync(join(folder, file))).toBe(true)
})

test('the table of what does not fit looks so', () => {
  const floats = () => new Float32Array(0)
  const dict = new Map<string, StoredTensor>(
    namedParameters(preset('resnet18'), keyMaps.torchvision).map(({ name, shape }) => [
      name,
      { shape, type: 'f32', floats },
    ]),
  )
  dict.delete('layer2.1.bn1.weight')
  dict.set('layer3.1.conv2.weight', { shape: [64, 64, 5, 5], type: 'f32', floats })
  expect(() => recognise(dict, 'net.pth')).toThrow(new DataError(blocks('text')[0]!.trimEnd()))
})
