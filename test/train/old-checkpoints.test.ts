// Checkpoints of versions whose heads of classifiers had no kind: they load, evaluate and go on to the same bits.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { evaluateCheckpoint, resumeTrainer } from '../../src/api/compute.node.js'
import { trainToEnd } from '../../src/api/training.js'
import { builtin } from '../../src/data/builtin.js'
import { readSafetensors } from '../../src/formats/safetensors.js'
import { forUpscaling } from '../../src/tasks/upscale/luminance-planes.js'
import { decodeAnyCheckpoint, isFor } from '../../src/train/checkpoint.js'

const engine = { engine: 'wasm', threads: 1 } as const
const data = builtin({ size: 16, train: 40, test: 10 })
const pictures = forUpscaling(data, [2])

function fixture(name: string) {
  const path = new URL(`./fixtures/${name}.safetensors`, import.meta.url)
  const bytes = new Uint8Array(readFileSync(path))
  return { written: readSafetensors(bytes, name).metadata, checkpoint: decodeAnyCheckpoint(bytes, name) }
}

test('a head without a kind is completed as a classifier, and trains on to the bits of then', async () => {
  const { written, checkpoint } = fixture('classifier')
  expect(JSON.parse(written.spec!).head).toEqual({ norm: true, classes: 10 })
  expect(checkpoint.spec.head).toEqual({ kind: 'classifier', norm: true, classes: 10 })
  if (!isFor(checkpoint, 'classify')) throw new Error('it tells classes apart')
  const trainer = await resumeTrainer(checkpoint, data, engine)
  try {
    const { weightHash, test: tested } = await trainToEnd(trainer)
    expect(trainer.engine.build).toBe('wasm-simd')
    expect(weightHash).toBe('e521c778efe5d5dd')
    expect(tested).toEqual({ loss: 2.3009048536662773, top1Error: 90 })
    const end = await trainer.checkpoint()
    expect((await evaluateCheckpoint(end, data, engine)).loss).toBe(tested.loss)
  } finally {
    await trainer.dispose()
  }
})

test.each([
  ['picture-vdsr', 'f6b1d65c1171a20e', 23.96552930446798],
  ['picture-edsr', '29d5883bfeddc1b9', 8.514668843406335],
])('%s trains on to the bits of then', async (name, hash, psnr) => {
  const { checkpoint } = fixture(name)
  if (!isFor(checkpoint, 'upscale')) throw new Error('it gives pictures')
  const trainer = await resumeTrainer(checkpoint, pictures, engine)
  try {
    const { weightHash, test: tested } = await trainToEnd(trainer)
    expect(weightHash).toBe(hash)
    expect(tested.psnr).toBe(psnr)
  } finally {
    await trainer.dispose()
  }
})
