/**
 * Loaded before the command line by `node --import`: a disk that is full from the n-th checkpoint on, n being the number
 * in FULL_DISK_AT.
 */
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const { open } = promises
let left = Number(process.env.FULL_DISK_AT)

promises.open = async (path, ...rest) => {
  const file = await open(path, ...rest)
  if (String(path).includes('last.safetensors') && --left <= 0)
    file.writeFile = async () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    }
  return file
}
syncBuiltinESMExports()
