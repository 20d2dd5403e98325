/** Files from and to the user of the page. */

/** Saves bytes as a download. */
export async function saveFile(name: string, bytes: Promise<Uint8Array> | Uint8Array | string): Promise<void> {
  const content = await bytes
  const blob = new Blob([typeof content === 'string' ? content : new Uint8Array(content)])
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
