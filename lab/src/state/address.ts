/**
 * The address of the page: `#/race?depth=44`. It holds everything that a link needs to show what its sender saw.
 * Besides the state of its page it may name the wanted engine, and hold the token that `resnet lab` printed.
 */
import { choice, type Fields, readFields, writeFields } from './fields.js'

export const pages = ['race', 'signal', 'block', 'lesions', 'paths', 'architecture'] as const
export type PageName = (typeof pages)[number]

/** Mailers and chats cut longer addresses. */
const MOST_CHARACTERS = 2000

export const engineKinds = ['native', 'wasm'] as const
/** The engine of `resnet lab`, or the page's own. */
export type EngineKind = (typeof engineKinds)[number]
const wish = choice<EngineKind>('wasm', engineKinds)

export function pageOf(hash: string): PageName {
  const name = /^#\/(\w+)/.exec(hash)?.[1]
  return pages.find((page) => page === name) ?? 'race'
}

export function readState<S extends object>(fields: Fields<S>): S {
  return readFields(fields, parameters())
}

/** The engine that the address asks for. */
export function readWish(): EngineKind | undefined {
  return wish.read(parameters().get('engine') ?? '')
}

export function writeWish(kind: EngineKind): void {
  const others = parameters()
  others.set('engine', kind)
  replace(pageOf(location.hash), others)
}

/** Takes the token out of the address, so that links do not pass it on. */
export function takeToken(): string | undefined {
  const others = parameters()
  const token = others.get('token') ?? undefined
  others.delete('token')
  if (token !== undefined) replace(pageOf(location.hash), others)
  return token
}

/** Writes the state into the address without a new entry in the history. */
export function writeState<S extends object>(page: PageName, fields: Fields<S>, state: S): void {
  const own = new URLSearchParams(writeFields(fields, state))
  const kind = readWish()
  if (kind) own.set('engine', kind)
  replace(page, own)
}

function parameters(): URLSearchParams {
  return new URLSearchParams(location.hash.split('?', 2)[1])
}

function replace(page: PageName, parameters: URLSearchParams): void {
  const query = parameters.toString().replaceAll('%7E', '~')
  const hash = `#/${page}${query ? `?${query}` : ''}`
  if (hash === location.hash || hash.length > MOST_CHARACTERS) return
  history.replaceState(history.state, '', hash)
}
