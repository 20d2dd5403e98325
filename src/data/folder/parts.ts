/** The parts that a set of pictures comes in, by the names that people give their folders. */

/** The parts of a data set. */
export const partNames = ['train', 'val', 'test'] as const
export type PartName = (typeof partNames)[number]

/** Of names without case, signs, `seg` in front (of a well-known set) and `set`, `data` and the like behind. */
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

/** The part that a folder of this name is: `Training`, `seg_train`, `test_set`, `valid`, …; undefined for other names. */
export function partOf(name: string): PartName | undefined {
  const letters = name.toLowerCase().replace(/[\s_.-]+/g, '')
  const bare = letters.replace(/^seg/, '').replace(/(set|data|images|imgs|pictures|split)$/, '')
  return parts[letters] ?? parts[bare]
}

/**
 * Folders whose names have a part's name in them and are the same but for it, such as `cats_train` and `cats_test`, or
 * have nothing but numbers beside it, such as `train1` and `train2`: parts for a person, and none that are known here.
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
