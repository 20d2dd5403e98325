/**
 * Labels of ImageNet's validation pictures. Two lists of numbers are in use, and they look alike: the development kit
 * counts classes from 1 in an order of its own, all networks count them from 0 in the order of their sorted synsets. The
 * classes of the first pictures are known, and tell one list from the other; a list that fits neither is refused.
 */
import { DataError } from '../../util/errors.js'

/** Classes of the pictures 1 to 5, as numbers of sorted synsets and as numbers of the development kit. */
const [SORTED, KIT] = [
  [65, 970, 230, 809, 516],
  [490, 361, 171, 822, 297],
]

const PICTURE = /ILSVRC2012_val_0*(\d+)\./
const REMEDY = 'take the synsets of LOC_val_solution.csv, or sort the pictures into folders named by their synsets'

const KIT_ADVICE = `holds the numbers of the development kit, whose order is not that of the sorted synsets that networks answer in; ${REMEDY}`

/** The sentence about a list of numbers without names of files, as the development kit has it. */
export const truthAdvice = `lists numbers without the names of pictures, and of ImageNet two orders of numbers are in use; ${REMEDY}`

/** Whether a file holds one number per line for the validation pictures of ImageNet. */
export function isGroundTruth(bytes: Uint8Array, paths: readonly string[]): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 64))
  return /^\d{1,4}(\r?\n\d{1,4}){3}/.test(start) && paths.some((path) => PICTURE.test(path))
}

/**
 * Checks labels of ImageNet's validation pictures; other labels are given back as they are.
 * @param labels classes by the path of the picture @param who the list, at the start of errors
 * @returns the labels, and a note about them; numbers of sorted synsets become `class 65`
 * @throws DataError for numbers of the development kit, and for numbers in an order that cannot be told
 */
export function imageNetLabels(
  labels: ReadonlyMap<string, string>,
  who: string,
): { readonly labels: ReadonlyMap<string, string>; readonly note: readonly string[] } {
  const numbered = [...labels].filter(([path, label]) => PICTURE.test(path) && /^\d+$/.test(label))
  if (numbered.length === 0 || numbered.length < labels.size) return { labels, note: [] }
  const first = new Map(numbered.map(([path, label]) => [Number(PICTURE.exec(path)![1]), Number(label)]))
  const agree = (truth: readonly number[]) => {
    const pairs = truth.map((label, i) => [first.get(i + 1), label] as const).filter(([own]) => own !== undefined)
    return pairs.length > 0 && pairs.every(([own, label]) => own === label)
  }
  if (agree(KIT!)) throw new DataError(`${who}: ${KIT_ADVICE}`)
  if (!agree(SORTED!))
    throw new DataError(
      `${who}: numbers the classes of ImageNet in an order that cannot be told from the first pictures; ${REMEDY}`,
    )
  return {
    labels: new Map(numbered.map(([path, label]) => [path, `class ${label.padStart(3, '0')}`])),
    note: ['its numbers are those of sorted synsets, as the first pictures show'],
  }
}
