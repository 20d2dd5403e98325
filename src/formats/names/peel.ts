/**
 * Prefixes that wrappers add to the names of tensors, and tensors that are no weights. Prefixes are taken off each name
 * by itself, because wrappers add them to some names or to all.
 */
import { DataError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'
import type { StateDict, StoredTensor } from '../stored-tensor.js'

/** Words of wrappers and of those who keep a network as a part of something else. */
const wrappers =
  /^(module|_orig_mod|_?model|_?net|network|backbone|body|encoder|resnet|base|base_?model|base_?encoder|base_?network|feature_?extractor|features?|cnn|student|online_?network|online_?encoder|encoder_q|trunk|bottom_up|state_dict|params|ema|ema_?model|model_ema|params_ema|averaged_?model|swa_?model|shadow|teacher|target_?network|target_?encoder|momentum_?encoder|encoder_k)$/i
/** The words among them that say an average of the weights (EMA) or a slow copy of them. */
const averages =
  /(^|[._/])(\w*_)?(ema|averaged?|avg|swa|shadow|teacher|target|momentum_?encoder|encoder_k|polyak)(_\w*)?(?=$|[._/])|state_dict_ema/i

/** Whether a place in a file, or a prefix, says that the weights there are an average of others. */
export function isAverage(place: string): boolean {
  return averages.test(place)
}

/** Counters, measurements, and weights of losses. */
const noWeights = [
  /(^|\.)(num_batches_tracked|total_ops|total_params|n_averaged|num_updates|decay|initted|step)$/,
  /^(\w+\.)*(criterion|criteria|loss(_fn|_func|_function)?|(train|val|valid|test)_(acc|accuracy|loss|metrics?)|metrics?|accuracy|center_loss)\./i,
  /^(\w+\.)*(queue|queue_ptr|mean|std|normali[sz]er?\.(mean|std)|pixel_(mean|std))$/,
]
/** Counters that every file has: nobody misses them. */
const silent = /(^|\.)num_batches_tracked$/

/** Names without prefixes. */
export interface Peeled {
  /** Tensors by their names without prefixes. */
  readonly tensors: ReadonlyMap<string, StoredTensor>
  /** The names in the file, by those. */
  readonly names: ReadonlyMap<string, string>
  /** Names of the tensors that are no weights. */
  readonly left: readonly string[]
}

/** The longest prefix of wrappers' words. The rest has a word at least, and the word of a tensor. */
export function prefixOf(name: string): string {
  const words = name.split('.')
  let count = 0
  while (count < words.length - 2 && wrappers.test(words[count]!) && !isPart(words, count)) count++
  return count === 0 ? '' : `${words.slice(0, count).join('.')}.`
}

/** `features.3.0.conv1`, for one, is the part of a network whose stages are numbered there. */
function isPart(words: readonly string[], at: number): boolean {
  return /^\d+$/.test(words[at + 1] ?? '')
}

/**
 * Takes off prefixes.
 * @throws DataError if two names would become one
 */
export function peel(tensors: StateDict, who: string): Peeled {
  const found = new Map<string, StoredTensor>()
  const names = new Map<string, string>()
  const left: string[] = []
  for (const [name, tensor] of tensors) {
    if (noWeights.some((pattern) => pattern.test(name))) {
      if (!silent.test(name)) left.push(name)
      continue
    }
    const short = name.slice(prefixOf(name).length)
    const other = names.get(short)
    if (other !== undefined)
      throw new DataError(
        `${who}: its tensors ${printable(other, 80)} and ${printable(name, 80)} would both be called ` +
          `${printable(short, 60)} without their prefixes; name the part to read`,
      )
    found.set(short, tensor)
    names.set(short, name)
  }
  return { tensors: found, names, left }
}

/** The dictionaries that the prefixes of names divide a dictionary into, by prefix. */
export function byPrefix(tensors: StateDict): Map<string, Map<string, StoredTensor>> {
  const groups = new Map<string, Map<string, StoredTensor>>()
  for (const [name, tensor] of tensors) {
    const prefix = prefixOf(name)
    const group = groups.get(prefix) ?? new Map<string, StoredTensor>()
    groups.set(prefix, group.set(name, tensor))
  }
  return groups
}
