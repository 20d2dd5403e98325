/**
 * The command line: `resnet COMMAND`. Exit codes: 0 (success), 1 (failed), 2 (wrong usage), 129, 130 and 143
 * (interrupted).
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import { commands } from './commands/index.js'
import type { CommandTasks } from './tasks/task.js'
import { Interrupted } from './terminal/interrupt.js'
import { command, invocation } from './terminal/invocation.js'
import { minding, oneLine, say, visible } from './terminal/output.js'
import { inShellWords } from './terminal/shell-words.js'

/** The address of the glossary. */
const glossary = relative(process.cwd(), fileURLToPath(new URL('../../docs/glossary.md', import.meta.url)))

/** Options of the command line. */
export interface MainOptions {
  /** The table of tasks, such as `{ ...commandTasks, mine }`. Default: the tasks of the package. */
  readonly tasks?: CommandTasks
}

/** Runs a command; returns the exit code. */
export async function main(argv: readonly string[], { tasks }: MainOptions = {}): Promise<number> {
  minding()
  const root = await program(argv, tasks)
  try {
    await root.parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    return await exitCode(error, calledOf(root, argv))
  }
}

/** All commands by name and description. Only the command that is called, or whose help is asked for, is loaded. */
async function program(argv: readonly string[], tasks: CommandTasks | undefined): Promise<Command> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
    description: string
  }
  const root = new Command(invocation())
    .description(manifest.description)
    .version(manifest.version, '-V, --version')
    .configureOutput({
      writeOut: (text) => process.stdout.write(visible(text)),
      writeErr: (text) => process.stderr.write(visible(text)),
      outputError: (text, write) => write(`${withHelp(oneLine(text))}\n`),
    })
    .addHelpText(
      'after',
      `\nStart with: ${command('demo')}\nMore about a command: ${command('COMMAND --help')}\nWords such as stage, MACs or weight decay: ${glossary}`,
    )
  const words = argv.filter((word) => !word.startsWith('-'))
  const called = words[0] === 'help' ? words[1] : words[0]
  for (const { name, description, load } of commands)
    root.addCommand(
      (name === called ? await load(tasks ?? (await ownTasks())) : new Command()).name(name).description(description),
    )
  for (const command of [root, ...root.commands]) command.exitOverride().copyInheritedSettings(root)
  return root
}

/** Loaded when a command is called, so that help appears at once. */
async function ownTasks(): Promise<CommandTasks> {
  return (await import('./tasks/index.js')).commandTasks
}

/** A complaint, with a pointer to all legal options. */
function withHelp(complaint: string): string {
  return complaint.endsWith('.')
    ? `${complaint} Add --help for all options.`
    : `${complaint}; add --help for all options`
}

function calledOf(root: Command, argv: readonly string[]): Command | undefined {
  return root.commands.find((command) => command.name() === argv.find((word) => !word.startsWith('-')))
}

async function exitCode(error: unknown, called: Command | undefined): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // commander has said what is wrong
  if (error instanceof Interrupted) return error.exitCode
  if (error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE')) {
    say('resnet: too many files are open at once; raise the limit, for example by ulimit -n 4096')
    return 1
  }
  const { ConfigError, ResnetError } = await import('../internal.node.js')
  if (error instanceof ConfigError) {
    say(`resnet: ${inShellWords(error, called)}`)
    return 2
  }
  if (error instanceof ResnetError) {
    say(`resnet: ${inShellWords(error, called)}`)
    return 1
  }
  say(`resnet: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return 1
}
