/**
 * The table of heads as plain data: one row for each kind of head in the type `HeadSpec`, so that the compiler names the
 * row that is missing. Functions that meet heads of any kind take a table as their last argument.
 */
import { ConfigError } from '../../util/errors.js'
import { expectFields, object } from '../../util/expect.js'
import { oneOf } from '../fields.js'
import type { AnyHead, ClassifierHead, HeadKind, HeadSpec, NetworkSpec, PictureHead } from '../spec.js'
import { classifier } from './classifier.js'
import type { SpecHead } from './head.js'
import { picture } from './picture.js'

/** The heads of this package, by kind. */
export const specHeads: { readonly [K in HeadKind]: SpecHead<Extract<HeadSpec, { kind: K }>> } = { classifier, picture }

/** A table of heads by kind: that of this package, or one with rows of one's own. */
export type SpecHeads = Readonly<Record<string, SpecHead>>

/** Names of the tasks of this package: `classify` tells classes apart, `upscale` makes pictures larger and sharper. */
export const taskNames = ['classify', 'upscale'] as const
/** One of `taskNames`. */
export type TaskName = (typeof taskNames)[number]

/**
 * The row of a head.
 * @throws ConfigError for a kind that the table does not have
 */
export function specHeadOf(head: AnyHead, heads: SpecHeads = specHeads): SpecHead {
  oneOf({ kind: head.kind }, 'head', 'kind', Object.keys(heads))
  return heads[head.kind]!
}

/** The task that a network is for; its head tells. */
export function taskOf(spec: Pick<NetworkSpec, 'head'>): TaskName {
  return specHeadOf(headed(spec, 'taskOf: spec').head).task as TaskName
}

/** @throws ConfigError when the network gives pictures */
export function classifierOf(spec: Pick<NetworkSpec, 'name' | 'head'>): ClassifierHead {
  return headAs('classifier', headed(spec, 'classifierOf: spec'))
}

/** @throws ConfigError when the network tells classes apart */
export function pictureHeadOf(spec: Pick<NetworkSpec, 'name' | 'head'>): PictureHead {
  return headAs('picture', spec)
}

/** The head, of one of the kinds of this package. */
function headAs<K extends HeadKind>(kind: K, spec: Pick<NetworkSpec, 'name' | 'head'>): Extract<HeadSpec, { kind: K }> {
  if (spec.head.kind === kind) return spec.head as Extract<HeadSpec, { kind: K }>
  throw wrongHead(kind, spec)
}

/** The error of a question that only networks with another kind of head answer. */
export function wrongHead(kind: HeadKind, { name, head }: Pick<NetworkSpec, 'name' | 'head'>): ConfigError {
  const wanted: SpecHead = specHeads[kind]
  const own: SpecHead | undefined = (specHeads as SpecHeads)[head.kind]
  const does = own ? own.does(head) : `has a head of the kind ${head.kind}`
  const instead = wanted.instead === undefined ? '' : `; ${wanted.instead}`
  return new ConfigError(
    `${name}: this network ${does} and ${wanted.lacks}${instead}`,
    own?.use ? { remedy: own.use } : {},
  )
}

function headed<Spec extends Pick<NetworkSpec, 'head'>>(spec: Spec, who: string): Spec {
  expectFields(spec, who, 'a spec, such as preset("resnet20") gives', { head: object })
  return spec
}
