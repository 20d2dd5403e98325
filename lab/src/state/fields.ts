/** State as text in the address of the page. Each page has one table of fields, to read and write in one place. */

/** One value of a page's state. */
export interface Field<T> {
  readonly initial: T
  /** undefined for invalid text; the initial value is used then. */
  read(text: string): T | undefined
  write(value: T): string
}

export type Fields<S> = { readonly [K in keyof S]: Field<S[K]> }

/** A number from `least` to `most`. */
export function number(initial: number, least: number, most: number): Field<number> {
  return {
    initial,
    read: (text) => {
      const value = Number(text)
      return text.trim() !== '' && value >= least && value <= most ? value : undefined
    },
    write: String,
  }
}

/** One of some values. */
export function choice<const T extends string | number>(initial: T, legal: readonly T[]): Field<T> {
  return { initial, read: (text) => legal.find((value) => String(value) === text), write: String }
}

/** A list of words of letters, digits, dots and hyphens. */
export function list(initial: readonly string[], most: number): Field<readonly string[]> {
  return {
    initial,
    read: (text) => {
      const words = text === '' ? [] : text.split('~')
      return words.length <= most && words.every((word) => /^[\w.:-]{1,60}$/.test(word)) ? words : undefined
    },
    write: (words) => words.join('~'),
  }
}

/** A file that is not part of the address: its SHA-256 and its name. */
export interface FileName {
  readonly hash: string
  readonly name: string
}

/** A SHA-256, or empty. */
export const hash: Field<string> = {
  initial: '',
  read: (text) => (/^[0-9a-f]{64}$/.test(text) ? text : undefined),
  write: (value) => value,
}

/** The most characters of a name in an address. */
const MOST_OF_NAME = 120

/** A file of the user, or none. */
export const file: Field<FileName | undefined> = {
  initial: undefined,
  read: (text) => {
    const [, hash, name] = /^([0-9a-f]{64})-([^/\\]{1,120})$/.exec(text) ?? []
    return hash && name ? { hash, name } : undefined
  },
  write: (value) => (value ? `${value.hash}-${cut(value.name)}` : ''),
}

/** Keeps the end of a name, which distinguishes files and their kinds. */
function cut(name: string): string {
  const letters = [...name.replace(/[/\\]|\p{Surrogate}/gu, '_')]
  while (encodeURIComponent(letters.join('')).length > MOST_OF_NAME) letters.shift()
  return letters.join('')
}

/** Reads the fields that the address states. Missing or invalid ones get their initial values. */
export function readFields<S extends object>(fields: Fields<S>, parameters: URLSearchParams): S {
  const entries = (Object.entries(fields) as [string, Field<unknown>][]).map(([key, field]) => {
    const text = parameters.get(key)
    return [key, text === null ? field.initial : (field.read(text) ?? field.initial)]
  })
  return Object.fromEntries(entries) as S
}

/** Writes only fields that differ from their initial values. */
export function writeFields<S extends object>(fields: Fields<S>, state: S): string {
  const parameters = new URLSearchParams()
  for (const [key, field] of Object.entries(fields) as [keyof S & string, Field<S[keyof S]>][]) {
    const text = field.write(state[key])
    if (text !== field.write(field.initial)) parameters.set(key, text)
  }
  return parameters.toString().replaceAll('%7E', '~')
}
