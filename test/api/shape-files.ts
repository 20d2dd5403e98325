/** The pictures of shapes.ts as files, and a checkpoint to begin fine-tuning with. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { type Dataset, encodeCheckpoint, preset, train } from '../../src/internal.node.js'
import { SIZE, sevenShapes, threeShapes } from './shapes.js'

/** A file of weights that know seven shapes somewhat. */
export async function writeWeights(file: string): Promise<void> {
  const spec = preset('resnet8', { classes: 7, input: { channels: 3, height: SIZE, width: SIZE } })
  const recipe = {
    epochs: 2,
    batchSize: 32,
    lr: 0.1,
    schedule: 'one-cycle',
    augmentation: { pad: 2, flip: true },
  } as const
  const { checkpoint } = await train(spec, sevenShapes, recipe)
  await writeFile(file, encodeCheckpoint(checkpoint))
}

/** Writes `<folder>/<class>/<number>.png` of the three other shapes, up to `most` of each. */
export async function writePictures(folder: string, part: 'train' | 'test', most: number): Promise<void> {
  const { classes, [part]: pictures } = threeShapes as Dataset<Uint8Array>
  const area = SIZE * SIZE
  const seen = classes.map(() => 0)
  for (const name of classes) await mkdir(join(folder, name), { recursive: true })
  for (const [index, label] of pictures.labels.entries()) {
    if (seen[label]! >= most) continue
    seen[label]! += 1
    const bytes = pictures.pixels.subarray(index * 3 * area, (index + 1) * 3 * area)
    const pixels = Uint8Array.from({ length: 3 * area }, (_, i) => bytes[(i % 3) * area + Math.floor(i / 3)]!)
    const png = sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } }).png()
    await png.toFile(join(folder, classes[label]!, `${String(seen[label]).padStart(2, '0')}.png`))
  }
}
