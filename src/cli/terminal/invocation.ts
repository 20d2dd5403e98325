/**
 * Finds the words that call the command line from the current folder, so that every printed command can be pasted. `npx
 * resnet` alone could fetch a package of another author, and `resnet` alone works only if the package is installed
 * globally.
 */
import { existsSync } from 'node:fs'
import { basename, delimiter, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The places that the call depends on. */
export interface Standpoint {
  /** The folder of the package: a checkout, or `resnet.ts` in some `node_modules`. */
  readonly root: string
  /** The current folder. */
  readonly cwd: string
  /** The folders in which the shell looks for programs. */
  readonly path: readonly string[]
  readonly exists: (file: string) => boolean
}

const here: Standpoint = {
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  cwd: process.cwd(),
  path: (process.env.PATH ?? '').split(delimiter),
  exists: existsSync,
}

/**
 * The words that start the command line:
 * - `npx --no -- resnet` in a checkout, and in a project that has the package among its dependencies;
 * - `resnet` where it is installed globally and the shell finds it;
 * - `node PATH/bin/resnet.js` from anywhere else.
 */
export function invocation({ root, cwd, path, exists }: Standpoint = here): string {
  const folder = resolve(root)
  const modules = dirname(folder)
  const installed = basename(modules) === 'node_modules'
  const project = installed ? dirname(modules) : folder
  if (isInside(cwd, project) && (!installed || exists(join(modules, '.bin', 'resnet')))) return 'npx --no -- resnet'
  // npm puts global programs beside `lib`, which holds their packages: PREFIX/bin/resnet, PREFIX/lib/node_modules.
  const programs = basename(project) === 'lib' ? join(dirname(project), 'bin') : project
  if (installed && path.includes(programs) && exists(join(programs, 'resnet'))) return 'resnet'
  const script = join(folder, 'bin', 'resnet.js')
  return `node ${word(script)}`
}

/** A command as it can be pasted: `command('train --resume runs/a')`. */
export function command(words: string, standpoint?: Standpoint): string {
  return `${invocation(standpoint)} ${words}`
}

/** A path or name as a word of the shell, quoted if it has spaces or special characters. */
export function word(text: string): string {
  return /^[\p{L}\p{M}\p{N}_@%+=:,./\\-]+$/u.test(text) ? text : `"${text.replace(/(["$`\\])/g, '\\$1')}"`
}

/** Examples of a command's help, one per line, with a heading. */
export function examples(...commands: readonly string[]): string {
  const lines = commands.map((words) => `  $ ${command(words)}`)
  return [`\n${commands.length > 1 ? 'Examples' : 'Example'}:`, ...lines].join('\n')
}

function isInside(place: string, folder: string): boolean {
  const way = relative(folder, place)
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way)
}
