/** Files that a page gives to its user. */
import { afterEach, expect, test, vi } from 'vitest'
import { download } from '../../../src/api/files/download.js'
import { ConfigError } from '../../../src/util/errors.js'

afterEach(() => vi.unstubAllGlobals())

test('where there is no page, the remedy is said', () => {
  expect(() => download(Uint8Array.of(1), 'net.safetensors')).toThrow(
    new ConfigError(
      'net.safetensors: cannot be saved: there is no page here to download from; take the bytes, by ' +
        'exportSafetensors(network), and pass them to the page',
    ),
  )
})

test('a page clicks a link of that name to the bytes', async () => {
  const links: { href: string; download: string; clicks: number; click(): void }[] = []
  vi.stubGlobal('document', {
    createElement: () => {
      const link = { href: '', download: '', clicks: 0, click: () => void link.clicks++ }
      links.push(link)
      return link
    },
  })
  const urls: Blob[] = []
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => `blob:${urls.push(blob as Blob)}`)
  download(Uint8Array.of(7, 9), 'net.onnx')
  expect(links).toMatchObject([{ href: 'blob:1', download: 'net.onnx', clicks: 1 }])
  expect([...new Uint8Array(await urls[0]!.arrayBuffer())]).toEqual([7, 9])
})
