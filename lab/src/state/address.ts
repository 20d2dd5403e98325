/** The address of the page: `#/race?depth=44`. What stands there is all that a link needs to show what its sender saw. */
import { type Fields, readFields, writeFields } from './fields.js'

export const pages = ['race', 'signal', 'block', 'lesions', 'paths', 'architecture'] as const
export type PageName = (typeof pages)[number]

/** Longer addresses are cut by mailers and chats. */
const MOST_CHARACTERS = 2000

export function pageOf(hash: string): PageName {
  const name = /^#\/(\w+)/.exec(hash)?.[1]
  return pages.find((page) => page === name) ?? 'race'
}

export function readState<S extends object>(fields: Fields<S>): S {
  const [, query = ''] = location.hash.split('?', 2)
  return readFields(fields, new URLSearchParams(query))
}

/** Puts the state into the address without a new entry in the history. */
export function writeState<S extends object>(page: PageName, fields: Fields<S>, state: S): void {
  const query = writeFields(fields, state)
  const hash = `#/${page}${query ? `?${query}` : ''}`
  if (hash === location.hash || hash.length > MOST_CHARACTERS) return
  history.replaceState(history.state, '', hash)
}
