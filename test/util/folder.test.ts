import { existsSync } from 'node:fs'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeFolder } from '../../src/util/files/folder.node.js'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resnet-folder-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('makes a folder with all it lies in, and is content if it is there', async () => {
  const path = join(folder, 'a', 'b', 'c')
  await Promise.all([makeFolder(path), makeFolder(path)])
  await makeFolder(path)
  expect((await stat(path)).isDirectory()).toBe(true)
})

it('says what is in the way', async () => {
  await writeFile(join(folder, 'file'), '')
  await expect(makeFolder(join(folder, 'file'))).rejects.toThrow(
    `${join(folder, 'file')}: cannot be made a folder: a file is in the way`,
  )
  await expect(makeFolder(join(folder, 'file', 'x'))).rejects.toThrow('cannot be made a folder')
})

it.runIf(existsSync('/proc'))('comes back from places that cannot hold folders', async () => {
  await expect(makeFolder('/proc/resnet/run')).rejects.toThrow('/proc/resnet/run: cannot be made a folder')
})
