/** Files that a page gives to its user. */
import { ConfigError } from '../../util/errors.js'

/**
 * Offers a file as a download.
 * @throws ConfigError where there is no page to download from, as in a worker
 */
export function download(bytes: Uint8Array, name: string): void {
  if (typeof document === 'undefined')
    throw new ConfigError(
      `${name}: cannot be saved: there is no page here to download from; take the bytes, by exportSafetensors(network), and pass them to the page`,
    )
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000) // the browser reads it in its own time
}
