/** Decoding where its optional package is not installed. */
import { expect, test, vi } from 'vitest'
import { decoderVersion } from '../../../src/data/picture/decode.node.js'

vi.mock('sharp', () => {
  throw new Error('Could not load the "sharp" module')
})

test('says what to install', async () => {
  await expect(decoderVersion()).rejects.toThrow(
    'sharp, which decodes pictures, cannot be loaded here; install it with: npm install --include=optional sharp',
  )
})
