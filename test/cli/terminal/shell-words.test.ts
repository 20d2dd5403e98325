/** Errors of the library as those read them who typed a command. */
import { Command, Option } from 'commander'
import { expect, test } from 'vitest'
import { oneLine } from '../../../src/cli/terminal/output.js'
import { inShellWords } from '../../../src/cli/terminal/shell-words.js'
import { ConfigError } from '../../../src/internal.js'

const called = new Command().addOption(new Option('--size <n>')).addOption(new Option('--weight-decay <n>'))

test.each([
  ['recipe.weightDecay: expected a number from 0, got -1', '--weight-decay: expected a number from 0, got -1'],
  ['builtin: size is 20, expected 16 or 32', '--size is 20, expected 16 or 32'],
  ['imageFolder: limit.train is 0', 'limit.train is 0'],
  ['stage1.block1: size is odd', 'stage1.block1: size is odd'],
  ['recipe.lr: this command has no such flag', 'recipe.lr: this command has no such flag'],
])('%s', (message, expected) => expect(inShellWords(new ConfigError(message), called)).toBe(expected))

test('without a command fields keep their names', () =>
  expect(inShellWords(new ConfigError('builtin: size is 20'), undefined)).toBe('builtin: size is 20'))

test('several lines become one', () => expect(oneLine('a\n\n  b\n')).toBe('a b'))
