/** The committed files of weights: see scripts/make-weights.py. */
import { readFileSync } from 'node:fs'

export const weightFiles = {
  safetensors: 'akamaster.safetensors',
  zip: 'zip.pth',
  deflated: 'deflated.pth',
  legacy: 'legacy.pth',
  odd: 'odd.pth',
  'odd legacy': 'odd-legacy.pth',
} as const

/** Nets with names of others, and the logits that PyTorch gives for two pictures. */
export const logits = JSON.parse(text('logits.json')) as Readonly<Record<string, readonly (readonly number[])[]>>

export function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(url(name)))
}

/** Two pictures as a network reads them. */
export function picturesOf(key: string): Float32Array {
  return Float32Array.from(new Int8Array(bytesOf(`${key}.pictures`).buffer), (value) => value / 8)
}

function text(name: string): string {
  return readFileSync(url(name), 'utf8')
}

function url(name: string): URL {
  return new URL(`fixtures/${name}`, import.meta.url)
}
