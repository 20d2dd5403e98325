/** Peers that are here, that are not, and that fail. The programs are written by the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { expectSameNet } from '../../../src/cli/bench/networks.js'
import { askOnce, missingText, openPeer, type Peer } from '../../../src/cli/bench/peers.js'
import { EngineError, preset } from '../../../src/internal.js'

const folder = `${mkdtempSync(join(tmpdir(), 'resnet-peers-'))}/`
mkdirSync(join(folder, 'peers'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function program(name: string, text: string): string {
  writeFileSync(join(folder, 'peers', name), text)
  return name
}

/** Answers two turns, then dies. */
const turns = `
import { createInterface } from 'node:readline'
console.log(JSON.stringify({ ready: true, version: process.argv[2], params: 12 }))
let left = 2
for await (const line of createInterface({ input: process.stdin })) {
  if (left-- === 0) throw new Error('worn out')
  console.log(JSON.stringify({ seconds: 2 * Number(line) }))
}`

test('a peer takes turns', async () => {
  const peer = (await openPeer('jax-js', program('turns.mjs', turns), ['1.2'], folder)) as Peer
  expect(peer).toMatchObject({ name: 'jax-js', version: '1.2', params: 12, pid: expect.any(Number) })
  expect(await peer.run(3)).toBe(6)
  expect(await peer.run(4)).toBe(8)
  await expect(peer.run(1)).rejects.toThrow('jax-js: it ended in the middle of its work: ')
  await peer.close()
})

const install = 'get it with: npm install --prefix bench --ignore-scripts'

test('one whose library is not there is missing, with the command that brings it', async () => {
  const script = program('lacks.mjs', `import 'a-package-that-nobody-has'`)
  expect(await openPeer('jax-js', script, [], folder)).toEqual({
    name: 'jax-js',
    missing: `jax-js is missing: it is not installed; ${install}`,
  })
})

test('so is one whose script is not there, as in the published package', async () => {
  const missing = `ONNX Runtime is missing: it is run by scripts of the checkout, which are not here; ${install}`
  expect(await openPeer('ONNX Runtime', 'none.mjs', [], folder)).toEqual({ name: 'ONNX Runtime', missing })
  expect(await askOnce('ONNX Runtime', 'none.mjs', [], folder)).toEqual({ name: 'ONNX Runtime', missing })
})

test('PyTorch comes from Debian', () => {
  expect(missingText('PyTorch', 'it is not installed')).toBe(
    'PyTorch is missing: it is not installed; get it with: apt-get install python3-torch python3-torchvision',
  )
})

test('one that fails is no missing peer', async () => {
  const script = program('fails.mjs', `throw new Error('out of luck')`)
  await expect(openPeer('jax-js', script, [], folder)).rejects.toThrow('jax-js: it failed before its first turn: ')
  await expect(askOnce('jax-js', script, [], folder)).rejects.toThrow('jax-js: it failed before its first turn: ')
})

test('one that is asked once gives its last line', async () => {
  const script = program('once.mjs', `console.log('{"bytes": 1}'); console.log('{"bytes": 2}')`)
  expect(await askOnce('jax-js', script, [], folder)).toEqual({ bytes: 2 })
})

test('one that computes another network', () => {
  const spec = preset('resnet20')
  expect(() => expectSameNet({ name: 'PyTorch', params: 7 }, spec)).toThrow(
    new EngineError(
      'resnet20: the network of PyTorch has 7 parameters, expected 269722; make the programs in bench/peers build the same network',
    ),
  )
  expectSameNet({ name: 'PyTorch', params: 269_722 }, spec)
  expectSameNet({ name: 'PyTorch', params: undefined }, spec)
})
