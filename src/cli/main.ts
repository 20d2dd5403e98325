/** The command line: `resnet COMMAND`. Maps what happens to exit codes: 0, 1 (failed), 2 (wrong usage), 130 and 143 (interrupted). */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { ConfigError, ResnetError } from '../node.js'
import { dataCommand } from './data.js'
import { demoCommand } from './demo.js'
import { doctorCommand } from './doctor.js'
import { evalCommand } from './eval.js'
import { Interrupted } from './interrupt.js'
import { forgiveClosedPipes, say } from './output.js'
import { summaryCommand } from './summary.js'
import { trainCommand } from './train.js'

/** Runs a command; returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  forgiveClosedPipes()
  try {
    await program().parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    return exitCode(error)
  }
}

function program(): Command {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
    description: string
  }
  const root = new Command('resnet')
    .description(manifest.description)
    .version(manifest.version, '-V, --version')
    .showHelpAfterError('(add --help for all options)')
    .addHelpText('after', '\nStart with: resnet demo\nMore about a command: resnet COMMAND --help')
  for (const command of [
    demoCommand(),
    trainCommand(),
    evalCommand(),
    summaryCommand(),
    dataCommand(),
    doctorCommand(),
  ])
    root.addCommand(command)
  for (const command of [root, ...root.commands]) command.exitOverride().copyInheritedSettings(root)
  return root
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // commander has said what is wrong
  if (error instanceof Interrupted) return error.exitCode
  if (error instanceof ConfigError) {
    say(`resnet: ${error.message}`)
    return 2
  }
  if (error instanceof ResnetError) {
    say(`resnet: ${error.message}`)
    return 1
  }
  say(`resnet: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return 1
}
