/** State as text in the address of the page: one table of fields a page, read and written in one place. */

/** One value of a page's state. */
export interface Field<T> {
  readonly initial: T
  /** undefined for text that makes no sense: the initial value stands then. */
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

/** Words of letters, digits, dots and hyphens, in order. */
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

/** A file that does not travel with the address: its SHA-256 and its name. */
export interface FileName {
  readonly hash: string
  readonly name: string
}

/** A SHA-256, or none. */
export const hash: Field<string> = {
  initial: '',
  read: (text) => (/^[0-9a-f]{64}$/.test(text) ? text : undefined),
  write: (value) => value,
}

/** Of a name, in an address. */
const MOST_OF_NAME = 120

/** A file of one's own, or none. */
export const file: Field<FileName | undefined> = {
  initial: undefined,
  read: (text) => {
    const [, hash, name] = /^([0-9a-f]{64})-([^/\\]{1,120})$/.exec(text) ?? []
    return hash && name ? { hash, name } : undefined
  },
  write: (value) => (value ? `${value.hash}-${cut(value.name)}` : ''),
}

/** The end of a name is what tells files apart, and of which kind they are. */
function cut(name: string): string {
  const letters = [...name.replace(/[/\\]|\p{Surrogate}/gu, '_')]
  while (encodeURIComponent(letters.join('')).length > MOST_OF_NAME) letters.shift()
  return letters.join('')
}

/** The fields that the address states; initial values where it states none, or none that makes sense. */
export function readFields<S extends object>(fields: Fields<S>, parameters: URLSearchParams): S {
  const entries = (Object.entries(fields) as [string, Field<unknown>][]).map(([key, field]) => {
    const text = parameters.get(key)
    return [key, text === null ? field.initial : (field.read(text) ?? field.initial)]
  })
  return Object.fromEntries(entries) as S
}

/** Only what differs from the initial values. */
export function writeFields<S extends object>(fields: Fields<S>, state: S): string {
  const parameters = new URLSearchParams()
  for (const [key, field] of Object.entries(fields) as [keyof S & string, Field<S[keyof S]>][]) {
    const text = field.write(state[key])
    if (text !== field.write(field.initial)) parameters.set(key, text)
  }
  return parameters.toString().replaceAll('%7E', '~')
}
