/** Finds the task of a network and its part in a command, or explains why the command does not apply. */
import { ConfigError, type NetworkSpec, type Tasks, taskOfNetwork } from '../../internal.node.js'
import { allNetworks, oneOf } from '../flags/options.js'
import type { CommandTask, CommandTasks, PartsOrRefusals, Refusal, TaskParts } from './task.js'

/** Each of these commands in words: the end of the sentence "the command ...". */
const purposes: { readonly [Name in keyof TaskParts]: string } = {
  eval: 'evaluates a network on test pictures',
  predict: 'classifies pictures',
  embed: 'writes the features of pictures',
  upscale: 'makes pictures larger',
  finetune: 'teaches a network the classes of other pictures',
}

/** The library's table of tasks from a table of the command line. */
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

/** The row of the task that has a network of this name; undefined if there is none. */
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
 * @throws ConfigError if it has none, with the purpose of the command and the remedy
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
