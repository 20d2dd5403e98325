/** The contents of a file of weights, listed without running anything. */
import type { Contents } from '../../formats/pytorch/contents.js'
import { readSafetensors } from '../../formats/safetensors.js'
import { readWeightsFile } from '../../formats/weights-file.node.js'
import { DataError } from '../../util/errors.js'
import { expectKind, name as nameKind } from '../../util/expect.js'
import { openSaved } from './saved.js'

/**
 * Lists the entries of a file, and the calls that loading it in PyTorch would make. None of them is made here.
 * @throws DataError naming the file when it cannot be read, is damaged, or is neither safetensors nor of `torch.save`
 */
export async function readContents(path: string): Promise<Contents> {
  expectKind(path, 'readContents: path', nameKind)
  const bytes = await readWeightsFile(path)
  if (bytes[8] === 0x7b) {
    const { tensors } = readSafetensors(bytes, path)
    return { form: 'safetensors', entries: [{ path: '/', value: `${tensors.size} tensors` }], calls: [] }
  }
  const saved = await openSaved(bytes, path)
  if (saved) return saved.contents()
  throw new DataError(`${path}: no file of weights: expected safetensors or a file of torch.save to list`)
}
