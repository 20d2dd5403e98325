/** Converts rows of a table to the input of a network. */
import { fillBatch } from '../data/batches.js'
import { expectRow, type TableRow } from '../data/table-dataset.js'
import type { Preprocessing } from '../formats/trained-network.js'
import { ConfigError } from '../util/errors.js'

/** Bytes are not numbers of a table but a picture that is not decoded. */
const isFloats = (given: unknown) => ArrayBuffer.isView(given) && bytesPerNumber(given) > 1
const bytesPerNumber = (view: ArrayBufferView) => ('BYTES_PER_ELEMENT' in view ? Number(view.BYTES_PER_ELEMENT) : 1)

/** Whether a value is a row of numbers, not a picture and not a list. */
export function isRow(given: unknown): given is TableRow {
  return isFloats(given) || (Array.isArray(given) && given.length > 0 && typeof given[0] !== 'object')
}

/**
 * Writes a row to out[at ...], normalised like the columns that the network learned from.
 * @throws ConfigError when the network reads pictures; DataError for an invalid row, naming `who`
 */
export function prepareRow(
  row: TableRow,
  { input, normalisation }: Preprocessing,
  out: Float32Array,
  at: number,
  who: string,
): void {
  const { channels, height, width } = input
  if (height !== 1 || width !== 1)
    throw new ConfigError(
      `${who}: this network reads pictures of ${channels}x${height}x${width}, not rows of numbers; use logits()`,
    )
  expectRow(row, channels, who)
  const pixels = { views: [Float64Array.from(row)] }
  const rows = { ...input, count: 1, pixels, labels: Uint8Array.of(0) }
  fillBatch(rows, [0], out.subarray(at), new Int32Array(1), { normalisation, seed: 0, epoch: 0 })
}
