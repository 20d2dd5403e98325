/** Weights that PyTorch stores as a product: pruned ones (weight and mask) are multiplied out, others are refused. */
import { DataError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'
import { sameShape } from '../../util/shape.js'
import type { StateDict, StoredTensor } from '../stored-tensor.js'

/**
 * The same tensors with pruned weights multiplied by their masks.
 * @throws DataError for a weight that comes without its mask (spectral norm), or as a length and a direction (weight
 * norm)
 */
export function unpruned(tensors: StateDict, who: string): StateDict {
  const names = [...tensors.keys()]
  if (!names.some((name) => /_orig$|\.weight_[gv]$|\.parametrizations\./.test(name))) return tensors
  const found = new Map<string, StoredTensor>()
  for (const [name, tensor] of tensors) {
    if (/\.weight_[gv]$/.test(name) && !tensors.has(name.replace(/_[gv]$/, '_orig')))
      throw refusal(who, name, 'a part of a weight norm', 'torch.nn.utils.remove_weight_norm')
    if (name.includes('.parametrizations.'))
      throw refusal(who, name, 'a parametrization', 'torch.nn.utils.parametrize.remove_parametrizations')
    if (name.endsWith('_mask') && tensors.has(name.replace(/_mask$/, '_orig'))) continue
    if (!name.endsWith('_orig')) {
      found.set(name, tensor)
      continue
    }
    const base = name.slice(0, -'_orig'.length)
    const mask = tensors.get(`${base}_mask`)
    if (!mask) throw refusal(who, name, 'a weight before its spectral norm', 'torch.nn.utils.remove_spectral_norm')
    found.set(base, product(tensor, mask, who, name))
  }
  return found
}

function refusal(who: string, name: string, what: string, remedy: string): DataError {
  return new DataError(
    `${who}: its tensor ${printable(name, 80)} is ${what}, which is not computed here; save the weights after ${remedy}, in PyTorch`,
  )
}

function product(tensor: StoredTensor, mask: StoredTensor, who: string, name: string): StoredTensor {
  if (!sameShape(tensor.shape, mask.shape))
    throw new DataError(`${who}: its tensor ${printable(name, 80)} has a mask of another shape`)
  return {
    shape: tensor.shape,
    type: tensor.type,
    floats: () => {
      const factors = mask.floats()
      return tensor.floats().map((value, i) => value * factors[i]!)
    },
  }
}
