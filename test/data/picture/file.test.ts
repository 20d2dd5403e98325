/** Picture files read and written whole: turned, flattened, in 8 bits; and what is refused. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { findPictures } from '../../../src/data/folder/find-pictures.node.js'
import { readPicture, writePicture } from '../../../src/data/picture/file.node.js'
import { crc32 } from '../../../src/util/crc32.js'

const folder = mkdtempSync(join(tmpdir(), 'resnet pictures '))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const place = (name: string) => join(folder, name)

/** Red left of blue. */
const pixels = Uint8Array.of(255, 0, 0, 0, 0, 255)
const redBlue = () => sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })

describe('reading', () => {
  test('turns a picture as the camera says', async () => {
    await redBlue().png().withMetadata({ orientation: 6 }).toFile(place('turned.png'))
    expect(await readPicture(place('turned.png'))).toEqual({ width: 1, height: 2, data: Uint8Array.from(pixels) })
  })

  test('CMYK, grey, 16 bits and alpha become RGB with 8 bits', async () => {
    await redBlue()
      .resize(16, 8, { kernel: 'nearest' })
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toFile(place('cmyk.jpg'))
    expect(await readPicture(place('cmyk.jpg'))).toMatchObject({ width: 16, height: 8, data: { length: 384 } })
    await sharp(Uint8Array.of(7, 200), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(place('grey.png'))
    expect([...(await readPicture(place('grey.png'))).data]).toEqual([7, 7, 7, 200, 200, 200])
    await redBlue().toColourspace('rgb16').png().toFile(place('deep.png'))
    expect([...(await readPicture(place('deep.png'))).data]).toEqual([...pixels])
    const clear = Uint8Array.of(200, 100, 50, 0, 200, 100, 50, 255)
    await sharp(clear, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toFile(place('clear.png'))
    expect([...(await readPicture(place('clear.png'))).data]).toEqual([0, 0, 0, 200, 100, 50])
  })

  test('says which file cannot be read, and why', async () => {
    await expect(readPicture(place('gone.png'))).rejects.toThrow('gone.png: cannot be read: it does not exist')
    writeFileSync(place('text.png'), 'a text')
    await expect(readPicture(place('text.png'))).rejects.toThrow(
      'text.png: is no picture that can be read: expected PNG, JPEG',
    )
    const whole = await redBlue().resize(64, 64).jpeg().toBuffer()
    writeFileSync(place('cut.jpg'), whole.subarray(0, whole.length / 2))
    await expect(readPicture(place('cut.jpg'))).rejects.toThrow('cut.jpg: is no picture that can be read: ')
  })

  test('huge pictures are refused before they take memory', async () => {
    const small = await redBlue().png().toBuffer()
    small.writeUInt32BE(60_000, 16) // its header tells a width and height that it does not have
    small.writeUInt32BE(60_000, 20)
    small.writeUInt32BE(crc32(small.subarray(12, 29)), 29)
    writeFileSync(place('huge.png'), small)
    const before = process.memoryUsage().rss
    await expect(readPicture(place('huge.png'))).rejects.toThrow(
      'huge.png: has 60000x60000 pixels, more than the 134217728 that are read; make it smaller first',
    )
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
    await expect(readPicture(place('turned.png'), { mostPixels: 1 })).rejects.toThrow('has 2x1 pixels, more than the 1')
  })
})

describe('writing', () => {
  test('in the format of the name', async () => {
    await writePicture(place('out.png'), { width: 2, height: 1, data: pixels })
    expect([...(await readPicture(place('out.png'))).data]).toEqual([...pixels])
    await writePicture(place('out.JPG'), { width: 2, height: 1, data: pixels })
    expect((await sharp(place('out.JPG')).metadata()).format).toBe('jpeg')
  })

  test('is refused where nobody knows how, or nothing can be put', async () => {
    const picture = { width: 2, height: 1, data: pixels }
    await expect(writePicture(place('out'), picture)).rejects.toThrow(
      'expected a name that ends in .png, .jpg, .jpeg, .webp, .tif, .tiff, .gif, .avif, got none',
    )
    await expect(writePicture(place('no/out.png'), picture)).rejects.toThrow(
      'out.png: cannot be written: its folder does not exist',
    )
  })
})

test('files, folders and patterns', async () => {
  mkdirSync(place('set/deep'), { recursive: true })
  mkdirSync(place('set/.hidden'))
  for (const name of ['b.png', 'a.JPG', 'notes.txt', 'deep/c1.jpg', 'deep/c2.png', '.hidden/x.png', '.y.png'])
    writeFileSync(place(`set/${name}`), '')
  const under = async (...names: string[]) =>
    (await findPictures(names.map(place))).map((path) => path.slice(folder.length + 1))
  expect(await under('set')).toEqual(['set/a.JPG', 'set/b.png', 'set/deep/c1.jpg', 'set/deep/c2.png'])
  expect(await under('set/*.png')).toEqual(['set/b.png'])
  expect(await under('set/**/*.png')).toEqual(['set/b.png', 'set/deep/c2.png'])
  expect(await under('s?t/deep/c?.*')).toEqual(['set/deep/c1.jpg', 'set/deep/c2.png'])
  expect(await under('not-there.png', 'set/b.png')).toEqual(['not-there.png', 'set/b.png'])
  await expect(under('set/*.gif')).rejects.toThrow(': no picture fits this pattern')
  await expect(under('set/.hidden/none/*')).rejects.toThrow(': no picture fits this pattern')
})
