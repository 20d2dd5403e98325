/** Lesions of trained nets: removes blocks or changes their order, and tests the error at once. */
import type { BlockPath, NetworkSpec, TrainedNetwork } from '../../../src/internal.js'
import type { OpenEngine } from './engine.js'
import type { Library } from './library.js'

export type NetKind = 'residual' | 'plain'

export interface NetFile {
  /** Name of the file, for messages. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** A trained net as the page shows it. */
export interface OpenedNet {
  readonly spec: NetworkSpec
  /** The kind of file. */
  readonly origin: string
  /** Test error in percent, with all blocks in place. */
  readonly testError: number
  /** Notes of the library about that error. */
  readonly notes: readonly string[]
}

export type OpenedNets = Readonly<Partial<Record<NetKind, OpenedNet>>>

/**
 * The result of a lesion: the test error in percent, or why the net cannot take it. Then it was neither cut nor tested.
 */
export type Outcome =
  | { readonly error: number; readonly refused?: never }
  | { readonly error?: never; readonly refused: string }

interface Opened {
  readonly net: Awaited<ReturnType<Library['decodeNetwork']>>
  readonly testError: number
  readonly notes: readonly string[]
}

/** The kind of a net: plain if it has no shortcut. */
export const kindOf = ({ stages }: NetworkSpec): NetKind =>
  stages.every(({ blocks }) => blocks.every(({ shortcut }) => shortcut === 'none')) ? 'plain' : 'residual'

export function lesionCalls(library: Library, openEngine: OpenEngine) {
  /** A promise that covers nets still being opened, so that tests wait for them. */
  let nets: Promise<ReadonlyMap<NetKind, Opened>> = Promise.resolve(new Map())
  let data: { readonly size: number; readonly set: ReturnType<Library['builtin']> } | undefined

  /** The built-in test pictures, as in `resnet eval --dataset builtin`. */
  const pictures = ({ spec, preprocessing: { classes, classesAssumed } }: TrainedNetwork) => {
    const { height } = spec.input
    const size = height === 16 ? 16 : height === 32 ? 32 : undefined
    if (size === undefined)
      throw new library.ConfigError(
        `${spec.name}: reads pictures of ${height} pixels; this page tests nets of the built-in pictures: 16 or 32 pixels`,
      )
    if (data?.size !== size) data = { size, set: library.builtin({ size, train: 1 }) }
    // For a net of other classes any figure here would be wrong.
    const known = data.set.classes
    if (classesAssumed || classes.length !== known.length || !classes.every((name) => known.includes(name)))
      throw new library.ConfigError(
        `${spec.name}: has ${classesAssumed ? `${classes.length} classes without names` : `the classes ${classes.slice(0, 3).join(', ')} …`}; ` +
          `this page tests nets that know the built-in pictures: ${known.slice(0, 3).join(', ')} …`,
      )
    return data.set
  }

  const evaluate = async (net: TrainedNetwork) => {
    const engine = await openEngine()
    const evaluation = await library.evaluate(net, pictures(net), { engine })
    const { top1Error, notes = [] }: { top1Error: number; notes?: readonly string[] } = evaluation
    return { testError: top1Error, notes }
  }

  const openAll = async (files: readonly NetFile[]): Promise<Map<NetKind, Opened>> => {
    const found: Awaited<ReturnType<Library['decodeNetwork']>>[] = []
    for (const { name, bytes } of files) found.push(await library.decodeNetwork(bytes, name))
    const misfit = found[1] && misfitOf(found[0]!.spec, found[1].spec)
    if (misfit) throw new library.ConfigError(misfit)
    const opened = new Map<NetKind, Opened>()
    for (const net of found) opened.set(kindOf(net.spec), { net, ...(await evaluate(net)) })
    return opened
  }

  return {
    /**
     * Opens one net, or a residual net and its plain twin to be cut alike. They replace the open nets only if both are
     * valid.
     */
    'lesions.open': async ({ files }: { files: readonly NetFile[] }): Promise<OpenedNets> => {
      const before = nets
      const opening = openAll(files)
      nets = opening.catch(() => before)
      const opened = await opening
      return Object.fromEntries(
        [...opened].map(([kind, { net, testError, notes }]) => [
          kind,
          { spec: net.spec, origin: net.origin, testError, notes },
        ]),
      )
    },

    /** Tests a net with only these blocks, in this order. */
    'lesions.test': async ({ kind, order }: { kind: NetKind; order: readonly string[] }): Promise<Outcome> => {
      const opened = (await nets).get(kind)
      if (!opened) throw new library.ConfigError(`lesions: no ${kind} net is open`)
      let cut: TrainedNetwork
      try {
        cut = library.arrangeBlocks(opened.net, order as readonly BlockPath[])
      } catch (error) {
        if (error instanceof library.ConfigError || error instanceof library.ShapeError)
          return { refused: error.message }
        throw error
      }
      return { error: (await evaluate(cut)).testError }
    },
  }
}

/** Why two nets cannot be cut alike; undefined if they can. */
function misfitOf(one: NetworkSpec, other: NetworkSpec): string | undefined {
  if (kindOf(one) === kindOf(other))
    return (
      `${one.name} and ${other.name}: ${kindOf(one) === 'plain' ? 'neither' : 'each'} of the two has shortcuts; ` +
      'this page cuts a residual net and its plain twin'
    )
  const shapeOf = ({ stages }: NetworkSpec) =>
    stages.map(({ blocks }) => blocks.map(({ branch, stride }) => `${branch.at(-1)!.width}/${stride}`).join(' ')).join()
  if (shapeOf(one) === shapeOf(other)) return undefined
  const extent = ({ stages }: NetworkSpec) => stages.map(({ blocks }) => blocks.length).join(', ')
  return (
    `${one.name} and ${other.name}: they have other blocks (${extent(one)} against ${extent(other)} a stage, or other ` +
    'widths), so that no cut is the same in both; open a net and its plain twin'
  )
}
