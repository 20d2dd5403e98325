/**
 * The classes of trained weights beside those of a data set. Their numbers mean something only through their names, so
 * classes are matched by name; letters count as composed (NFC) and, where that leaves no doubt, without their case.
 */
import type { Dataset } from '../../data/dataset.js'
import type { Preprocessing } from '../../formats/trained-network.js'
import { ConfigError } from '../../util/errors.js'

/** How weights are judged on data whose classes are not the same list. */
export interface ClassMatchOptions {
  /**
   * Judge although the data has classes that the weights do not know, or lacks some that they know: those of one name are
   * matched, the others are paired in their order, and notes say which. Default: refused.
   */
  readonly allowOtherClasses?: boolean | undefined
}

/** For each class of the data its number in the weights, and what is to be said of it. */
export interface ClassMatch {
  readonly numbers: readonly number[]
  /** Whether each class has the number that it has in the data. */
  readonly isSame: boolean
  readonly notes: readonly string[]
}

/** Names that programs give where they know none. */
const placeholder = /^(class |LABEL_)\d+$/
/** Names that are told, of more the number. */
const NAMED = 3

/**
 * @param who the network, in errors
 * @throws ConfigError when classes differ and it was not allowed, or there are more than the weights can answer
 */
export function matchClasses(
  own: Pick<Preprocessing, 'classes' | 'classesAssumed'>,
  who: string,
  { name, classes }: Pick<Dataset, 'name' | 'classes'>,
  { allowOtherClasses = false }: ClassMatchOptions = {},
): ClassMatch {
  const inPlace = classes.map((_, number) => number)
  const nameless = own.classesAssumed || own.classes.every(isPlaceholder)
  if (nameless || classes.every(isPlaceholder)) {
    if (classes.length !== own.classes.length)
      throw new ConfigError(`${name} has ${classes.length} classes, ${who} tells ${own.classes.length} apart`)
    const lacking = nameless ? 'these weights hold' : `${name} has`
    const note = `${lacking} no names of classes: only their number, ${classes.length}, could be compared; that class 1 of ${name} is answer 1 of the network, and so on, is taken for granted`
    return { numbers: inPlace, isSame: true, notes: [note] }
  }
  const numbers = numbersByName(own.classes, classes)
  const unknown = inPlace.filter((number) => numbers[number] === undefined)
  const missing = own.classes.map((_, number) => number).filter((number) => !numbers.includes(number))
  if (unknown.length === 0 && missing.length === 0) {
    const isSame = numbers.every((number, i) => number === i)
    const note = `${name} has the classes of ${who} in another order; they were matched by name`
    return { numbers: numbers as number[], isSame, notes: isSame ? [] : [note] }
  }
  const differences = [
    ...(unknown.length > 0 ? [`has ${listed(unknown, classes)}, which these weights do not know`] : []),
    ...(missing.length > 0 ? [`lacks ${listed(missing, own.classes)}, which they know`] : []),
  ].join(', and ')
  const numbersText =
    classes.length === own.classes.length
      ? `has other classes than ${who} tells apart`
      : `has ${classes.length} classes, ${who} tells ${own.classes.length} apart`
  const told = `${name} ${numbersText}: it ${differences}`
  if (!allowOtherClasses)
    throw new ConfigError(
      `${told}; judge these weights on the classes that they know, or allow it with --allow-other-classes`,
    )
  if (unknown.length > missing.length)
    throw new ConfigError(`${told}; that is more than there are answers, so it cannot be judged`)
  unknown.forEach((number, i) => {
    numbers[number] = missing[i]!
  })
  const pairs = unknown.map((number, i) => `${classes[number]} as ${own.classes[missing[i]!]}`)
  const taken = pairs.length > 0 ? `; taken were ${cut(pairs)}` : ''
  return { numbers: numbers as number[], isSame: numbers.every((number, i) => number === i), notes: [told + taken] }
}

/**
 * @throws ConfigError when a training would go on with other classes than it began with, or with the same in another order
 */
export function expectSameClasses(
  { classes: own }: Pick<Preprocessing, 'classes'>,
  { name, classes }: { readonly name: string; readonly classes: readonly string[] },
): void {
  const { length } = own
  const differs = Array.from({ length: Math.max(length, classes.length) }, (_, i) => i).find(
    (i) => folded(own[i] ?? '') !== folded(classes[i] ?? ''),
  )
  if (differs === undefined && classes.length === length) return
  const all = (names: readonly string[]) => names.map((_, number) => number)
  const first = differs ?? 0
  const where =
    first < NAMED ? '' : `; the first that differs is ${classes[first] ?? 'missing'}, it was ${own[first] ?? 'none'}`
  throw new ConfigError(
    `${name}: has the classes ${listed(all(classes), classes)}; this training began with ${listed(all(own), own)}${where}; go on with the set it began with`,
  )
}

function isPlaceholder(name: string): boolean {
  return placeholder.test(name)
}

/** Names that come twice are matched in their order. */
function numbersByName(own: readonly string[], classes: readonly string[]): (number | undefined)[] {
  const numbers: (number | undefined)[] = classes.map(() => undefined)
  for (const key of [composed, folded]) {
    const free = new Map<string, number[]>()
    own.forEach((name, number) => {
      if (!numbers.includes(number)) free.set(key(name), [...(free.get(key(name)) ?? []), number])
    })
    classes.forEach((name, i) => {
      if (numbers[i] === undefined) numbers[i] = free.get(key(name))?.shift()
    })
  }
  return numbers
}

const composed = (name: string) => name.normalize('NFC')
const folded = (name: string) => composed(name).toLowerCase()

function listed(numbers: readonly number[], names: readonly string[]): string {
  return cut(numbers.map((number) => names[number]!))
}

function cut(texts: readonly string[]): string {
  const more = texts.length - NAMED
  return `${texts.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
