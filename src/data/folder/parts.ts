/** The parts of a set of pictures, by the usual names of their folders. */

/** The parts of a data set. */
export const partNames = ['train', 'val', 'test'] as const
export type PartName = (typeof partNames)[number]

/**
 * Keys are names in lower case without signs, without `seg` in front (from a well-known set), and without `set`, `data`
 * and the like at the end.
 */
const parts: Readonly<Record<string, PartName>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  dev: 'val',
  test: 'test',
  testing: 'test',
}

/** The part that a folder's name means: `Training`, `seg_train`, `test_set`, `valid`, …; undefined for other names. */
export function partOf(name: string): PartName | undefined {
  const letters = name.toLowerCase().replace(/[\s_.-]+/g, '')
  const bare = letters.replace(/^seg/, '').replace(/(set|data|images|imgs|pictures|split)$/, '')
  return parts[letters] ?? parts[bare]
}

/**
 * Folders that a person would take for parts, but whose names are unknown here. Their names differ only in a part's
 * name, such as `cats_train` and `cats_test`, or add only numbers to it, such as `train1` and `train2`.
 */
export function likeParts(names: readonly string[]): readonly string[] {
  const split = names.flatMap((name) => {
    const words = name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/(\d+)|[^\p{L}\p{M}]+/u)
      .filter((word) => word)
    const at = words.findIndex((word) => word in parts)
    return at < 0 ? [] : [{ name, part: parts[words[at]!]!, rest: words.filter((_, i) => i !== at).join(' ') }]
  })
  const isNumber = (text: string) => /^[\d ]*$/.test(text)
  return split
    .filter(({ part, rest }) => split.some((other) => other.rest === rest && other.part !== part) || isNumber(rest))
    .map(({ name }) => name)
}
