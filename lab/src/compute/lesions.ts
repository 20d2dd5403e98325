/** Two trained nets under the same knife: blocks taken out or put in another order, and the test error at once. */
import type { BlockPath, NetworkSpec, TrainedNetwork } from 'resnet.ts'
import type { OpenEngine } from './engine.js'
import type { Library } from './library.js'

/** A trained net as the page shows it. */
export interface OpenedNet {
  readonly spec: NetworkSpec
  /** What the file was. */
  readonly origin: string
  /** Of all blocks in their places, in percent. */
  readonly testError: number
}

export function lesionCalls(library: Library, openEngine: OpenEngine) {
  /** With what they err unharmed; those that are being opened too, so that whoever tests one waits for it. */
  const nets = new Map<string, Promise<{ readonly net: TrainedNetwork; readonly testError: number }>>()
  let data: { readonly size: number; readonly set: ReturnType<Library['builtin']> } | undefined

  /** The built-in test pictures, those that `resnet eval --dataset builtin` takes. */
  const pictures = ({ spec, preprocessing: { classes, classesAssumed } }: TrainedNetwork) => {
    const { height } = spec.input
    const size = height === 16 ? 16 : height === 32 ? 32 : undefined
    if (size === undefined)
      throw new library.ConfigError(
        `${spec.name}: reads pictures of ${height} pixels; this page tests nets of the built-in pictures: 16 or 32 pixels`,
      )
    if (data?.size !== size) data = { size, set: library.builtin({ size, train: 1 }) }
    // Of a net of something else any figure here would be a false one.
    const known = data.set.classes
    if (classesAssumed || classes.length !== known.length || !classes.every((name) => known.includes(name)))
      throw new library.ConfigError(
        `${spec.name}: tells ${classesAssumed ? `${classes.length} classes without names` : `${classes.slice(0, 3).join(', ')} …`} apart; ` +
          `this page tests nets that know the built-in pictures: ${known.slice(0, 3).join(', ')} …`,
      )
    return data.set
  }

  const evaluate = async (net: TrainedNetwork): Promise<number> => {
    const engine = await openEngine()
    return (await library.evaluateCheckpoint(net, pictures(net), { engine })).top1Error
  }

  return {
    /** Opens a file under a name, in place of what had it before. */
    'lesions.open': async ({ name, file }: { name: string; file: Uint8Array }): Promise<OpenedNet> => {
      const before = nets.get(name)
      const opening = (async () => {
        const net = await library.decodeNetwork(file, name)
        return { net, testError: await evaluate(net) }
      })()
      nets.set(name, opening)
      try {
        const { net, testError } = await opening
        return { spec: net.spec, origin: net.origin, testError }
      } catch (error) {
        if (before) nets.set(name, before)
        else nets.delete(name)
        throw error
      }
    },

    /** The test error with these blocks only, in this order, in percent. */
    'lesions.test': async ({ name, order }: { name: string; order: readonly string[] }): Promise<number> => {
      const opened = nets.get(name)
      if (!opened) throw new library.ConfigError(`lesions: no net is open as ${name}`)
      const { net } = await opened
      return evaluate(library.arrangeBlocks(net, order as readonly BlockPath[]))
    },
  }
}
