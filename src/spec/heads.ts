/** What a network is for, which its head tells, and what the head is made of. */

import { ConfigError } from '../util/errors.js'
import { expectFields, object } from '../util/expect.js'
import type { ClassifierHead, NetworkSpec, PictureHead } from './spec.js'

/** `classify`: tells which class a picture belongs to; `upscale`: makes a picture larger and sharper. */
export const tasks = ['classify', 'upscale'] as const
/** One of `tasks`. */
export type Task = (typeof tasks)[number]

/** What a network is for. */
export function taskOf(spec: Pick<NetworkSpec, 'head'>): Task {
  const { head } = headed(spec, 'taskOf: spec')
  return 'kind' in head ? 'upscale' : 'classify'
}

/** @throws ConfigError when the network gives pictures */
export function classifierOf(spec: Pick<NetworkSpec, 'name' | 'head'>): ClassifierHead {
  const { name, head } = headed(spec, 'classifierOf: spec')
  if ('kind' in head)
    throw new ConfigError(`${name}: this network makes pictures larger and tells no classes apart`, {
      remedy: { code: 'use it by upscale()', shell: 'the command upscale uses it' },
    })
  return head
}

function headed<Spec extends Pick<NetworkSpec, 'head'>>(spec: Spec, who: string): Spec {
  expectFields(spec, who, 'a spec, such as preset("resnet20") gives', { head: object })
  return spec
}

/** @throws ConfigError when the network tells classes apart */
export function pictureHeadOf({ name, head }: Pick<NetworkSpec, 'name' | 'head'>): PictureHead {
  if (!('kind' in head))
    throw new ConfigError(
      `${name}: it tells ${head.classes} classes apart and gives no pictures; for pictures take a net such as vdsr20 or edsr_baseline`,
    )
  return head
}

/** The factors by which a head lets pictures grow, one after the other: each a convolution and a pixel shuffle. */
export function enlargements({ enlarge }: PictureHead): readonly number[] {
  if (enlarge === 1) return []
  return enlarge === 4 ? [2, 2] : [enlarge]
}

/** Weighted layers of the head. */
export function headDepth({ head }: Pick<NetworkSpec, 'head'>): number {
  if (!('kind' in head)) return 1
  return 1 + enlargements(head).length + (head.shortcut === 'stem' ? 1 : 0)
}
