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

/** What the address says; initial values where it says nothing, or nothing that makes sense. */
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
