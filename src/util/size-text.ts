/** Sizes of memory as text, for all messages. */

const MIB = 1024 * 1024
const GIB = 1024 * MIB

/** `0.5 MiB`, `812 MiB`, `4.6 GiB`, `128 GiB`. @param bytes at least 0 */
export function sizeText(bytes: number): string {
  const [size, unit] = bytes < GIB ? [bytes / MIB, 'MiB'] : [bytes / GIB, 'GiB']
  return `${size < 100 ? size.toFixed(1) : Math.round(size).toLocaleString('en-US')} ${unit}`
}
