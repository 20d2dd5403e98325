/** The first dictionary of tensors in a saved file, with its numbers. */
import { entriesOf } from '../../../src/formats/pytorch/entries.js'
import { openPyTorch } from '../../../src/formats/pytorch/saved-file.js'
import type { StridedTensor } from '../../../src/formats/pytorch/strided-tensor.js'

export async function weightsIn(bytes: Uint8Array, who: string): Promise<ReadonlyMap<string, StridedTensor>> {
  const file = (await openPyTorch(bytes, who))!
  const [entry] = entriesOf(file.value, file.budget)
  if (!entry) throw new Error(`${who}: holds no tensors`)
  await file.fill([...entry.tensors.values()])
  return entry.tensors
}
