/** An error of the library in the words of the one who typed a command: flags instead of fields, on one line. */
import type { Command } from 'commander'
import type { ResnetError } from '../../internal.node.js'
import { oneLine } from './output.js'

/** Fields that the library names at the beginning of a message: `recipe.lr: ...`, `threads: ...`, `builtin: size is ...`. */
const field = /^(?:[a-z]\w*: )?(?:recipe\.)?(?:augmentation\.)?([a-z]\w*)(?=: | is )/

/** A table below a message, with the line over its rule: for those who call functions, who can print it. */
const table = /\n[^\n]*\n─[\s\S]*$/

/** Functions of the library that speak in a message, of which a shell knows nothing. */
const speaker = /^(?:preset|imageFolder|loadDataset|readNetwork): /

/** @param called the command whose flags the person could type; left out where none was called */
export function inShellWords(error: ResnetError, called: Command | undefined): string {
  const message = oneLine(error.shellMessage.replace(table, ''))
  const name = field.exec(message)?.[1]
  const flag = called?.options.find((option) => option.attributeName() === name)?.long
  return flag ? message.replace(field, flag) : message.replace(speaker, '')
}
