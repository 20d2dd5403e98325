/** A disk that takes decoded pictures and does not give them back. */
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test, vi } from 'vitest'
import { imageFolder } from '../../../src/data/folder/image-folder.node.js'
import { folderWith } from './folders.js'

vi.mock('../../../src/data/folder/pack.node.js', async (original) => ({
  ...(await original<typeof import('../../../src/data/folder/pack.node.js')>()),
  openPack: async () => undefined,
}))

test('is named, with what to do', async () => {
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const names = ['train/a/1.png', 'train/b/1.png', 'test/a/1.png', 'test/b/1.png']
  const folder = await folderWith(Object.fromEntries(names.map((name) => [name, picture])))
  const cache = join(folder, 'cache')
  await expect(imageFolder(folder, { size: 8, cache })).rejects.toThrow(
    /: was written, but cannot be read again; check the disk, or name another with --cache$/,
  )
})
