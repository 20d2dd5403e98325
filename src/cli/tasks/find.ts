/** Which task a network is for, and its part in a command; or why the command is not for it. */
import { ConfigError, type NetworkSpec, type Tasks, taskOfNetwork } from '../../internal.node.js'
import { allNetworks, oneOf } from '../flags/options.js'
import type { CommandTask, CommandTasks, PartsOrRefusals, Refusal, TaskParts } from './task.js'

/** Each of these commands in words: the end of the sentence "the command … ". */
const purposes: { readonly [Name in keyof TaskParts]: string } = {
  eval: 'measures a network on test pictures',
  predict: 'tells what is on pictures',
  embed: 'writes the features of pictures',
  upscale: 'makes pictures larger',
  finetune: 'teaches a network the classes of other pictures',
}

/** The tasks of a table, as the library takes them. */
export function libraryTasks(table: CommandTasks): Tasks {
  return Object.fromEntries(Object.entries(table).map(([name, { task }]) => [name, task]))
}

/**
 * The row of a network's task.
 * @throws ConfigError for a head of a kind that no task has
 */
export function rowOf(table: CommandTasks, spec: Pick<NetworkSpec, 'head'>): CommandTask {
  const task = taskOfNetwork(spec, libraryTasks(table))
  return Object.values(table).find((row) => row.task === task)!
}

/** The row of the task that has a network of this name; undefined where none has. */
export function rowWith(table: CommandTasks, network: string): CommandTask | undefined {
  return Object.values(table).find(({ networks }) => networks.includes(network))
}

/** A parser for names of networks, of all tasks. */
export function networkParser(table: CommandTasks): (value: string) => string {
  const names = Object.values(table).flatMap(({ networks }) => networks)
  return oneOf(names, allNetworks(names.length))
}

const isRefusal = (part: object): part is Refusal => 'instead' in part

/**
 * The part of a network's task in a command.
 * @throws ConfigError where it has none, with what the command is for and what to do instead
 */
export function partOf<Name extends keyof TaskParts>(
  table: CommandTasks,
  { name, head }: Pick<NetworkSpec, 'name' | 'head'>,
  command: Name,
): TaskParts[Name] {
  const row = rowOf(table, { head })
  const parts: PartsOrRefusals = row
  const part: TaskParts[Name] | Refusal = parts[command]
  if (!isRefusal(part)) return part
  throw new ConfigError(
    `${name}: this network ${row.task.words.does} (task ${row.task.name}), and the command ${command} ${purposes[command]}; ${part.instead}`,
  )
}
