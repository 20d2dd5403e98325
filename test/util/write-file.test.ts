/** Writing files whole: links, permissions, special files, long names, and what stays when it fails. */
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { writePicture } from '../../src/internal.node.js'
import { disk } from '../../src/util/files/system.node.js'
import { writeAtomically } from '../../src/util/files/write.node.js'

const base = mkdtempSync(join(tmpdir(), 'write file '))
afterAll(() => rmSync(base, { recursive: true, force: true }))
const folder = (name: string) => {
  mkdirSync(join(base, name))
  return join(base, name)
}
const fails = (code: string) => Object.assign(new Error(code), { code })

test('follows links, also to what is not there yet, and leaves them', async () => {
  const here = folder('links')
  const [file, link, over, dangling] = ['file', 'link', 'over', 'dangling'].map((name) => join(here, name)) as [
    string,
    string,
    string,
    string,
  ]
  writeFileSync(file, 'old')
  symlinkSync('file', link)
  symlinkSync(link, over)
  symlinkSync('new', dangling)
  await writeAtomically(over, 'text')
  await writeAtomically(dangling, 'more')
  expect(readFileSync(file, 'utf8')).toBe('text')
  expect(readFileSync(join(here, 'new'), 'utf8')).toBe('more')
  expect([link, over, dangling].map((path) => lstatSync(path).isSymbolicLink())).toEqual([true, true, true])
  expect(readdirSync(here).sort()).toEqual(['dangling', 'file', 'link', 'new', 'over'])
  symlinkSync('b', join(here, 'a'))
  symlinkSync('a', join(here, 'b'))
  await expect(writeAtomically(join(here, 'a'), '')).rejects.toThrow(
    'a: cannot be written: its links go round in a circle',
  )
})

test.skipIf(process.platform === 'win32')('keeps permissions', async () => {
  const file = join(folder('permissions'), 'file')
  await writeAtomically(file, 'new')
  expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask())
  chmodSync(file, 0o640)
  await writeAtomically(file, 'newer')
  expect(statSync(file).mode & 0o777).toBe(0o640)
  expect(readFileSync(file, 'utf8')).toBe('newer')
})

test('takes names as long as the disk does, and says where one is too long', async () => {
  const here = folder('names')
  const longest = 'é'.repeat(127)
  await writeAtomically(join(here, longest), 'text')
  expect(readdirSync(here)).toEqual([longest])
  await expect(writeAtomically(join(here, 'x'.repeat(256)), '')).rejects.toThrow(
    'cannot be written: its name or path is too long',
  )
  expect(readdirSync(here)).toEqual([longest])
})

describe.skipIf(process.platform === 'win32')('special files are written to as they are', () => {
  test('a device', async () => {
    await writeAtomically('/dev/null', 'text')
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })

  test.skipIf(process.platform !== 'linux')('a device that is full', async () => {
    await expect(writeAtomically('/dev/full', 'text')).rejects.toThrow('/dev/full: cannot be written: the disk is full')
  })

  test('a pipe', async () => {
    const fifo = join(folder('pipe'), 'fifo')
    execFileSync('mkfifo', [fifo])
    const reader = spawn('cat', [fifo])
    let text = ''
    reader.stdout.on('data', (data) => {
      text += data
    })
    await writeAtomically(fifo, 'through the pipe')
    await new Promise((resolve) => reader.on('close', resolve))
    expect(text).toBe('through the pipe')
    expect(statSync(fifo).isFIFO()).toBe(true)
  })

  test('standard output, though it is a file', () => {
    const here = folder('out')
    const library = new URL('../../dist/util/files/write.node.js', import.meta.url).href
    const program = `console.log('before'); await (await import('${library}')).writeAtomically('/dev/stdout', 'text\\n'); console.log('after')`
    execFileSync('sh', ['-c', `"$0" --input-type=module -e "$1" > "$2"`, process.execPath, program, join(here, 'all')])
    expect(readFileSync(join(here, 'all'), 'utf8')).toBe('before\ntext\nafter\n')
  })
})

test('what cannot be flushed is written all the same; a disk that fails is told', async () => {
  const here = folder('flush')
  const failing = (code: string) => ({
    ...disk,
    syncFolder: async () => {
      throw fails(code)
    },
  })
  await expect(writeAtomically(join(here, 'file'), 'text', failing('EIO'))).rejects.toThrow(
    'cannot be written: the disk failed to read or write',
  )
})

describe('a disk that is full keeps the old file, whatever is written', () => {
  const noise = Uint8Array.from({ length: 300 * 300 * 3 }, (_, i) => (i * 7919 + (i >> 7) * 104729) & 255)
  const picture = { width: 300, height: 300, data: noise }

  test.each([['a picture', (path: string) => writePicture(`${path}.png`, picture)]])('%s', async (what, write) => {
    const here = folder(what)
    const file = join(here, 'old.png')
    await write(join(here, 'old'))
    const before = readFileSync(file)
    const { default: promises } = await import('node:fs/promises')
    const { syncBuiltinESMExports } = await import('node:module')
    const { open, writeFile } = promises
    promises.open = (async (...given: Parameters<typeof open>) => {
      const handle = await open(...given)
      handle.writeFile = async () => {
        await handle.write(Buffer.from('half'))
        throw fails('ENOSPC')
      }
      return handle
    }) as typeof open
    syncBuiltinESMExports()
    try {
      await expect(write(join(here, 'old'))).rejects.toThrow(`${file}: cannot be written: the disk is full`)
    } finally {
      Object.assign(promises, { open, writeFile })
      syncBuiltinESMExports()
    }
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(readdirSync(here)).toEqual(['old.png'])
  })
})

test('pictures of other names are told what names there are', async () => {
  const picture = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) }
  await expect(writePicture(join(base, 'a.xyz'), picture)).rejects.toThrow(
    'a.xyz: expected a name that ends in .png, .jpg, .jpeg, .webp, .tif, .tiff, .gif, .avif, got .xyz',
  )
})
