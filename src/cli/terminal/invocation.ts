/**
 * How the command line is called from where the person stands, so that every command that is printed can be pasted as it
 * is. npm has no package of the name `resnet`: a bare `npx resnet` would fetch a stranger's, and `resnet` alone is found
 * only where the package is installed globally.
 */
import { existsSync } from 'node:fs'
import { basename, delimiter, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the program lies and where it is called from. */
export interface Standpoint {
  /** The folder of the package: a checkout, or `resnet.ts` in some `node_modules`. */
  readonly root: string
  /** The folder that the person is in. */
  readonly cwd: string
  /** The folders that the shell looks for programs in. */
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

/** A path or name as a word of the shell: in quotes where it has spaces or signs that shells read. */
export function word(text: string): string {
  return /^[\p{L}\p{M}\p{N}_@%+=:,./\\-]+$/u.test(text) ? text : `"${text.replace(/(["$`\\])/g, '\\$1')}"`
}

/** Examples of a command's help, one a line, with a heading. */
export function examples(...commands: readonly string[]): string {
  const lines = commands.map((words) => `  $ ${command(words)}`)
  return [`\n${commands.length > 1 ? 'Examples' : 'Example'}:`, ...lines].join('\n')
}

function isInside(place: string, folder: string): boolean {
  const way = relative(folder, place)
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way)
}
