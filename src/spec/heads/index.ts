/**
 * The table of heads as plain data. It has one row per kind of head in the type `HeadSpec`, so the compiler names a
 * missing row. Functions that accept any kind of head take a table as their last argument.
 */
import { ConfigError } from '../../util/errors.js'
import { expectFields, expectKind, object } from '../../util/expect.js'
import { oneOf } from '../fields.js'
import type { AnyHead, ClassifierHead, HeadKind, HeadSpec, NetworkSpec, PictureHead } from '../spec.js'
import { classifier } from './classifier.js'
import type { SpecHead } from './head.js'
import { picture } from './picture.js'

/** The heads of this package, by kind. */
export const specHeads: { readonly [K in HeadKind]: SpecHead<Extract<HeadSpec, { kind: K }>> } = { classifier, picture }

/** A table of heads by kind: this package's, or one with more rows. */
export type SpecHeads = Readonly<Record<string, SpecHead>>

/** Names of the tasks of this package: `classify` classifies pictures, `upscale` makes them larger and sharper. */
export const taskNames = ['classify', 'upscale'] as const
/** One of `taskNames`. */
export type TaskName = (typeof taskNames)[number]

/**
 * Returns the row of a head.
 * @throws ConfigError for a kind that is not in the table
 */
export function specHeadOf(head: AnyHead, heads: SpecHeads = specHeads): SpecHead {
  expectKind(head, 'head', object)
  expectKind(heads, 'heads', object)
  oneOf({ kind: head.kind }, 'head', 'kind', Object.keys(heads))
  return heads[head.kind]!
}

/** The task of a network, as its head says. */
export function taskOf(spec: Pick<NetworkSpec, 'head'>): TaskName {
  return specHeadOf(headed(spec, 'taskOf: spec').head).task as TaskName
}

/**
 * @param heads the kinds of heads that the error has words for
 * @throws ConfigError when the network is not a classifier
 */
export function classifierOf(spec: Pick<NetworkSpec, 'name' | 'head'>, heads: SpecHeads = specHeads): ClassifierHead {
  return headAs('classifier', headed(spec, 'classifierOf: spec'), heads)
}

/** @throws ConfigError when the network is not an upscaling network */
export function pictureHeadOf(spec: Pick<NetworkSpec, 'name' | 'head'>): PictureHead {
  return headAs('picture', spec)
}

/** The head, of one of the kinds of this package. */
function headAs<K extends HeadKind>(
  kind: K,
  spec: Pick<NetworkSpec, 'name' | 'head'>,
  heads: SpecHeads = specHeads,
): Extract<HeadSpec, { kind: K }> {
  if (spec.head.kind === kind) return spec.head as Extract<HeadSpec, { kind: K }>
  throw wrongHead(kind, spec, heads)
}

/** The error of a question that only networks with another kind of head answer. */
export function wrongHead(
  kind: HeadKind,
  { name, head }: Pick<NetworkSpec, 'name' | 'head'>,
  heads: SpecHeads = specHeads,
): ConfigError {
  const wanted: SpecHead = specHeads[kind]
  const own: SpecHead | undefined = heads[head.kind]
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
