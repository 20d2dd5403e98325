/**
 * The import rule: which room may import which. The table is written only here, and `violations` checks a tree of
 * sources against it. A room may also import the rooms that its imported rooms may import.
 */
import { posix } from 'node:path'
import ts from 'typescript'
import type { Tree } from './sources.js'

/**
 * Rooms in order, each with the rooms above it that it may import. A room owns the files whose path starts with its
 * name.
 */
const rooms = {
  'src/util/': [],
  'src/graph/': ['src/util/'],
  'src/ops/': ['src/graph/'],
  'src/autodiff/': ['src/ops/'],
  'src/spec/': ['src/util/'],
  'src/model/': ['src/spec/', 'src/ops/'],
  'src/plan/': ['src/ops/'],
  'src/engine/room.ts': ['src/util/'],
  'src/engine/engine.ts': ['src/plan/', 'src/engine/room.ts'],
  'src/engine/reference/': ['src/engine/engine.ts'],
  'src/engine/cpu/': ['src/engine/engine.ts'],
  'src/engine/webgpu/': ['src/engine/engine.ts'],
  'src/data/': ['src/util/'],
  'src/formats/': ['src/model/', 'src/data/'],
  'src/inference/': ['src/engine/engine.ts', 'src/formats/'],
  'src/tasks/': ['src/inference/', 'src/autodiff/'],
  'src/train/': ['src/tasks/'],
  'src/api/': ['src/train/', 'src/engine/reference/', 'src/engine/cpu/', 'src/engine/webgpu/'],
  'src/studies/': ['src/api/'],
  'src/index.ts': ['src/api/'],
  'src/node.ts': ['src/index.ts'],
  'src/graph.ts': ['src/train/', 'src/engine/reference/'],
  'src/studies.ts': ['src/studies/'],
  'src/studies.node.ts': ['src/studies/'],
  'src/internal.ts': ['src/studies/'],
  'src/internal.node.ts': ['src/internal.ts'],
} satisfies Record<string, readonly string[]>

/** Rooms outside the table. They may import themselves and the entries made for them, but no other room. */
const outside = ['src/cli/', 'lab/', 'examples/', 'bench/']
/** Code that measures the parts of the package. It may import from every room. */
const laboratories = ['bench/kernels/']
/** The entries for those rooms: all that the command line and the lab need. The package exports a part of it. */
const entries = ['src/internal.ts', 'src/internal.node.ts']

type Room = keyof typeof rooms
const roomNames = Object.keys(rooms) as Room[]

/** An import, export-from, dynamic import or type import of a file, resolved to a path from the root or left bare. */
interface Import {
  readonly target: string
  readonly bare: boolean
}

/**
 * Lists the imports of a file, in any form. A `.js` ending finds the `.ts` file that it is compiled from, in `dist/`
 * too.
 */
export function importsOf(file: string, text: string, tree: Tree): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith('.')) return { target: fileName, bare: true }
    const path = posix.join(posix.dirname(file), fileName)
    const source = path.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts')
    return { target: tree.has(source) ? source : path, bare: false }
  })
}

/** All rooms that a room may import, directly or indirectly. */
function allowed(room: Room): Set<string> {
  const found = new Set<string>([room])
  for (const above of rooms[room] as readonly Room[]) for (const name of allowed(above)) found.add(name)
  return found
}

const roomOf = (file: string): Room | undefined => roomNames.find((room) => file.startsWith(room))
const outsideOf = (file: string): string | undefined => outside.find((room) => file.startsWith(room))

/** Whether a file may use Node: `*.node.ts`, the Node entry and all rooms outside the table. */
const mayUseNode = (file: string): boolean =>
  /\.node\.[tj]s$/.test(file) || file === 'src/node.ts' || outsideOf(file) !== undefined

/**
 * Lists every breach of the import rule in a tree, as sentences; empty if there is none.
 * @param dependencies the packages that users install, from package.json
 */
export function violations(tree: Tree, dependencies: readonly string[]): string[] {
  const found: string[] = []
  for (const [file, text] of tree) {
    const room = roomOf(file)
    const stranger = outsideOf(file)
    if (!room && !stranger) {
      found.push(`${file}: belongs to no room of the house`)
      continue
    }
    for (const { target, bare } of importsOf(file, text, tree)) {
      const complain = (reason: string) => found.push(`${file}: imports ${target}, ${reason}`)
      if (bare) {
        if (target.startsWith('node:')) {
          if (!mayUseNode(file)) complain('but only *.node.ts, src/node.ts and src/cli may use Node')
        } else if (file.startsWith('src/')) {
          const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
          if (!dependencies.includes(name)) complain('which is no dependency that users install')
          else if (!mayUseNode(file)) complain('but packages stay out of what browsers load')
        }
        continue
      }
      if (!tree.has(target) && (target.startsWith('src/') || stranger)) complain('which does not exist')
      else if (stranger) {
        const free = laboratories.some((folder) => file.startsWith(folder))
        if (!free && !target.startsWith(stranger) && !entries.includes(target))
          complain(`but ${stranger} sees these entries only (${entries.join(', ')})`)
      } else if (room) {
        const other = roomOf(target)
        if (!other || !allowed(room).has(other)) complain(`but ${room} may not import ${other ?? 'that'}`)
        if (/\.node\.[tj]s$/.test(target) && !mayUseNode(file))
          complain('but that file needs Node and this one may not')
      }
    }
  }
  return found
}

/** Lists cycles among files, type imports included, each as `a > b > a`; empty if there is none. */
export function cycles(tree: Tree): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): void => {
    const at = path.indexOf(file)
    if (at >= 0) found.push([...path.slice(at), file].join(' > '))
    if (at >= 0 || done.has(file)) return
    path.push(file)
    for (const { target, bare } of importsOf(file, tree.get(file) ?? '', tree))
      if (!bare && tree.has(target)) visit(target)
    path.pop()
    done.add(file)
  }
  for (const file of tree.keys()) visit(file)
  return found
}
