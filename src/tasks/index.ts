/**
 * The table of tasks, and the functions that find the task of a network or of data. The table is a value: `{ ...tasks,
 * mine }` adds a task of your own.
 */
import type { Heads } from '../model/heads/index.js'
import type { TaskName } from '../spec/heads/index.js'
import type { AnyHead, ClassifierHead, NetworkSpec, PictureHead } from '../spec/spec.js'
import { ConfigError } from '../util/errors.js'
import { expectFields, expectKind, isRecord, object } from '../util/expect.js'
import { printable } from '../util/printable.js'
import { classify } from './classify/index.js'
import type { Task } from './task.js'
import type { DataOf } from './types.js'
import { upscale } from './upscale/index.js'

/** The tasks of this package, by name: `classify`, and `upscale` (super-resolution). */
export const tasks: { readonly [T in TaskName]: Task<T> } = { classify, upscale }

/** A table of tasks by name: the table of this package, or one with tasks of your own. */
export type Tasks = Readonly<Record<string, Task<string>>>

/** Data of any task. */
export type AnyData = DataOf<string>
/** The data that networks with such a head learn from. For a head that is known only at run time it is any data. */
export type DataFor<H extends AnyHead> = string extends H['kind']
  ? AnyData
  : H['kind'] extends ClassifierHead['kind']
    ? DataOf<'classify'>
    : H['kind'] extends PictureHead['kind']
      ? DataOf<'upscale'>
      : AnyData
/** The task of a type of data. */
export type TaskOfData<D> = D extends DataOf<'classify'> ? 'classify' : D extends DataOf<'upscale'> ? 'upscale' : string

/** The table of the heads of all these tasks. */
export function headsOf(table: Tasks = tasks): Heads {
  expectTable(table, 'headsOf: tasks')
  return Object.assign({}, ...Object.values(table).map(({ heads }) => heads))
}

/**
 * The task of a network.
 * @throws ConfigError for a head of a kind that no task has
 */
export function taskOfNetwork(spec: Pick<NetworkSpec, 'head'>, table: Tasks = tasks): Task<string> {
  expectFields(spec, 'taskOfNetwork: spec', 'a spec, such as preset("resnet20") gives', { head: object })
  expectTable(table, 'taskOfNetwork: tasks')
  const { head } = spec
  const found = Object.values(table).find(({ heads }) => Object.hasOwn(heads, head.kind))
  if (found) return found
  const kinds = Object.keys(headsOf(table)).join(', ')
  throw new ConfigError(
    `head: kind must be one of ${kinds}, got ${printable(JSON.stringify(head.kind) ?? 'nothing', 60)}`,
  )
}

/**
 * The task of a network, which must also be the task of the data.
 * @throws ConfigError when the data is for another task
 */
export function taskFor<T extends string>(spec: NetworkSpec, data: DataOf<T>, table: Tasks = tasks): Task<T> {
  const task = taskOfNetwork(spec, table)
  const other = task.isData(data) ? undefined : Object.values(table).find((other) => other.isData(data))
  const name = isRecord(data) && typeof data.name === 'string' ? data.name : 'the data set'
  if (other)
    throw new ConfigError(`${spec.name}: ${task.words.does}, ${name} has ${other.words.data}; ${task.words.remedy}`)
  return task as unknown as Task<T> // T is what the data says, and both agree
}

/** The value of the figure that epochs are compared by; NaN if it is missing. */
export function ratingOf({ rating }: Pick<Task<string>, 'rating'>, figures: object | null | undefined): number {
  const value: unknown = figures && (figures as Record<string, unknown>)[rating]
  return typeof value === 'number' ? value : Number.NaN
}

/** @throws ConfigError for anything but a table of tasks */
export function expectTable(table: unknown, who: string): asserts table is Tasks {
  expectKind(table, who, object)
  for (const [name, task] of Object.entries(table))
    expectFields(task, `${who}.${name}`, 'a task, such as tasks.classify', { heads: object })
}
