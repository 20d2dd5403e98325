/** Rewrites an error of the library for users of commands: flags instead of fields, on one line. */
import type { Command } from 'commander'
import type { ResnetError } from '../../internal.node.js'
import { oneLine } from './output.js'

/** Matches a field at the beginning of a message: `recipe.lr: ...`, `threads: ...`, `builtin: size is ...`. */
const field = /^(?:[a-z]\w*: )?(?:recipe\.)?(?:augmentation\.)?([a-z]\w*)(?=: | is )/

/** Matches a table below a message, with the line above its rule. Only users of functions see it. */
const table = /\n[^\n]*\n─[\s\S]*$/

/** Matches names of functions at the beginning of a message, which users of commands do not know. */
const speaker = /^(?:preset|imageFolder|loadDataset|readNetwork): /

/** @param called the command whose flags the user could type; left out if no command was called */
export function inShellWords(error: ResnetError, called: Command | undefined): string {
  const message = oneLine(error.shellMessage.replace(table, ''))
  const name = field.exec(message)?.[1]
  const flag = called?.options.find((option) => option.attributeName() === name)?.long
  return flag ? message.replace(field, flag) : message.replace(speaker, '')
}
