/**
 * Matches the classes of trained weights with the classes of a data set, by name. Names are compared in composed form
 * (NFC), and without case if the match stays unique.
 */
import type { Dataset } from '../../data/dataset.js'
import type { Preprocessing } from '../../formats/trained-network.js'
import { ConfigError } from '../../util/errors.js'

/** Options for weights and data whose classes differ. */
export interface ClassMatchOptions {
  /**
   * Evaluates although the data has classes that the weights do not know, or lacks some that they know. Classes with
   * equal names are matched, the others are paired in order, and notes list the pairs. Default: false, such data is
   * refused.
   */
  readonly allowOtherClasses?: boolean | undefined
}

/** The number in the weights of each class of the data, with notes about the match. */
export interface ClassMatch {
  readonly numbers: readonly number[]
  /** True if every class has the same number in weights and data. */
  readonly isSame: boolean
  readonly notes: readonly string[]
}

/** Names that programs invent for classes without names. */
const placeholder = /^(class |LABEL_)\d+$/
/** The most names that a message lists. */
const NAMED = 3

/**
 * @param who the name of the network in errors
 * @throws ConfigError when classes differ and `allowOtherClasses` is not set, or when the data has more classes than
 * the weights have outputs
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
      throw new ConfigError(`${name} has ${classes.length} classes, ${who} has ${own.classes.length}`)
    const lacking = nameless ? 'these weights hold' : `${name} has`
    const note = `${lacking} no class names: only the number of classes, ${classes.length}, was compared; class 1 of ${name} is assumed to be class 1 of the network, and so on`
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
      ? `has other classes than ${who}`
      : `has ${classes.length} classes, ${who} has ${own.classes.length}`
  const told = `${name} ${numbersText}: it ${differences}`
  if (!allowOtherClasses)
    throw new ConfigError(`${told}; evaluate these weights on classes that they know`, {
      remedy: { code: 'or pass { allowOtherClasses: true }', shell: 'or give --allow-other-classes' },
    })
  if (unknown.length > missing.length)
    throw new ConfigError(`${told}; evaluate these weights on data with at most as many classes`)
  unknown.forEach((number, i) => {
    numbers[number] = missing[i]!
  })
  const pairs = unknown.map((number, i) => `${classes[number]} as ${own.classes[missing[i]!]}`)
  const taken = pairs.length > 0 ? `; the rest was paired: ${shortened(pairs)}` : ''
  return { numbers: numbers as number[], isSame: numbers.every((number, i) => number === i), notes: [told + taken] }
}

/**
 * @throws ConfigError when a training would continue with other classes than it began with, or with another order of
 * them
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

/** Matches equal names in order. */
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
  return shortened(numbers.map((number) => names[number]!))
}

function shortened(texts: readonly string[]): string {
  const more = texts.length - NAMED
  return `${texts.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
