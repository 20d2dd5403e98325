/** Sentences about pictures that occur several times. */
import type { Pictures } from '../dataset.js'

/**
 * Sentences about copies on both sides of a split, and about pictures in two classes.
 * @param parts test and validation part
 * @param copies files with the same content, in groups
 */
export function copiesOfLearned(
  train: Pictures,
  parts: { readonly val?: Pictures | undefined; readonly test: Pictures },
  copies: readonly (readonly string[])[],
): string[] {
  if (copies.length === 0) return []
  const groups = new Map(copies.flatMap((group, number) => group.map((file) => [file, number] as const)))
  const groupsIn = ({ files = [] }: Pictures) => files.map((file) => groups.get(file))
  const learned = new Set(groupsIn(train))
  learned.delete(undefined)
  const notes: string[] = []
  for (const [name, pictures] of [
    ['validation', parts.val],
    ['test', parts.test],
  ] as const) {
    if (!pictures) continue
    const known = groupsIn(pictures).filter((group) => learned.has(group)).length
    if (known > 0)
      notes.push(
        `${known} of the ${pictures.count} ${name} pictures are copies of pictures to learn from, byte by byte: they make the error too small; take them out of one side`,
      )
  }
  const labels = new Map<number, Set<number>>()
  for (const pictures of [train, parts.val, parts.test])
    pictures?.files?.forEach((file, i) => {
      const group = groups.get(file)
      if (group !== undefined) labels.set(group, (labels.get(group) ?? new Set()).add(pictures.labels[i]!))
    })
  return [...notes, ...inTwoClasses([...labels.values()].filter(({ size }) => size > 1).length)]
}

/** @param count number of pictures in more than one class */
export function inTwoClasses(count: number): string[] {
  if (count === 0) return []
  return [
    `${count} ${count === 1 ? 'picture lies' : 'pictures lie'} in more than one class, as copies: at most one class is right`,
  ]
}
