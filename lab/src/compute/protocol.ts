/**
 * Messages between the page and its computing end, a web worker or `resnet lab` behind a WebSocket: calls by name with
 * one argument, events while they run, and a result or an error. Both ends use the types of the service itself.
 */
import type { Context } from './context.js'
import type { Service } from './service.js'

export type CallName = keyof Service
export type Argument<N extends CallName> = Parameters<Service[N]>[0]
export type Result<N extends CallName> = Awaited<ReturnType<Service[N]>>
export type Event<N extends CallName> = Parameters<Service[N]> extends [unknown, Context<infer E>] ? E : never

/** A message from the page. */
export type Question =
  | { readonly kind: 'call'; readonly id: number; readonly name: CallName; readonly argument: unknown }
  | { readonly kind: 'cancel'; readonly id: number }

/** A message to the page. */
export type Answer =
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly name: string; readonly message: string }

/** A call in progress. */
export type Call = Extract<Question, { readonly kind: 'call' }>

/**
 * Whether a call may be repeated at another computing end: all but those of a race, whose nets exist at one end only.
 */
export const isRepeatable = ({ name }: Call): boolean => !name.startsWith('race.')

/**
 * The name of the state that a call sets up for later ones; undefined for other calls. Such calls are repeated first at
 * another computing end.
 */
export const setsUp = ({ name }: Call): string | undefined => (name === 'lesions.open' ? name : undefined)

/** Whether a received value is a question. Its sender may be anybody. */
export function isQuestion(value: unknown): value is Question {
  if (typeof value !== 'object' || value === null) return false
  const { kind, id, name } = value as Partial<Record<'kind' | 'id' | 'name', unknown>>
  return Number.isSafeInteger(id) && (kind === 'cancel' || (kind === 'call' && typeof name === 'string'))
}
