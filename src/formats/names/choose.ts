/** Finds the network among the entries of a file. All are tried; exactly one must be a network, or be named. */
import { ConfigError, DataError, ResnetError } from '../../util/errors.js'
import { printable } from '../../util/printable.js'
import type { Entry } from '../entry.js'
import { byPrefix, isAverage } from './peel.js'
import { type IdentifiedNetwork, identify, type RecogniseOptions } from './recognise.js'

/** The network of a file, and the entry that it is. */
export interface Chosen<E extends Entry> {
  readonly entry: E
  readonly network: IdentifiedNetwork
  /** Sentences about what was chosen. */
  readonly notes: readonly string[]
}

/** Names in a list of choices. */
const MOST_NAMED = 8
/** Entries that are tried. Honest files have a handful with convolutions. */
const MOST_TRIED = 32

/** An entry, or the part of it whose names have one prefix. */
interface Candidate<E extends Entry> {
  /** The name to choose it by. */
  readonly name: string
  readonly entry: E
  readonly tensors: Entry['tensors']
}

/**
 * Chooses the entry that is a network. If one is an average (EMA) of another, it takes the other.
 * @param name of the entry to take, if somebody says which
 * @throws DataError if none is a network, or several are; ConfigError for the name of no entry
 */
export function choose<E extends Entry>(
  entries: readonly E[],
  who: string,
  options: RecogniseOptions & { readonly entry?: string | undefined },
  known: RecogniseOptions,
): Chosen<E> {
  const all = entries.flatMap(candidatesOf)
  const { entry: asked } = options
  const wanted = all.filter(({ name, tensors }) =>
    asked === undefined ? all.length === 1 || hasConvolution(tensors) : name === asked,
  )
  if (asked !== undefined && wanted.length === 0)
    throw new ConfigError(
      `${who}: it has no entry ${printable(asked, 80)}; its entries are ${listed(all.map(({ name }) => name))}`,
    )
  const found: { candidate: Candidate<E>; network: IdentifiedNetwork }[] = []
  let failure: { error: ResnetError; size: number } | undefined
  for (const candidate of wanted.slice(0, MOST_TRIED))
    try {
      found.push({ candidate, network: identify(candidate.tensors, who, options, known) })
    } catch (error) {
      if (!(error instanceof ResnetError)) throw error
      const size = candidate.tensors.size
      if (!failure || size > failure.size) failure = { error, size }
    }
  if (found.length === 0) throw inertRefusal(entries, who) ?? failure?.error ?? nothing(entries, who)
  const raw = found.filter(({ candidate: { name } }) => !isAverage(name))
  const [best] = raw.length === 1 ? raw : found
  if (found.length > 1 && raw.length !== 1)
    throw new DataError(
      `${who}: ${found.length} of its entries are networks: ${listed(found.map(({ candidate: { name } }) => name))}; ` +
        'choose one by its name, in code with the option entry, on the command line with --entry NAME',
    )
  const { candidate, network } = best!
  const { name, entry } = candidate
  const others = found.filter((other) => other !== best).map(({ candidate: { name } }) => name)
  const note =
    others.length > 0
      ? `used are the weights of its entry ${printable(name, 80)}, not their average (EMA) ${listed(others)}; the entry can be chosen by name`
      : asked === undefined && isAverage(name)
        ? `its entry ${printable(name, 80)} is an average of weights (EMA), and the only network in it`
        : undefined
  return { entry, network, notes: [...(note === undefined ? [] : [note]), ...(network.notes ?? [])] }
}

/** An entry as it is, or divided by its prefixes where names would collide without them. */
function candidatesOf<E extends Entry>(entry: E): Candidate<E>[] {
  const name = entry.path === '' ? '/' : entry.path
  const groups = byPrefix(entry.tensors)
  const short = new Set<string>()
  let count = 0
  for (const [prefix, tensors] of groups)
    for (const full of tensors.keys()) {
      short.add(full.slice(prefix.length))
      count++
    }
  if (short.size === count) return [{ name, entry, tensors: entry.tensors }]
  return [...groups].map(([prefix, tensors]) => ({
    name: prefix === '' ? name : `${entry.path === '' ? '' : `${entry.path}/`}${prefix.slice(0, -1)}`,
    entry,
    tensors,
  }))
}

/** Lists of optimizers and measurements have no convolution. */
function hasConvolution(tensors: Entry['tensors']): boolean {
  for (const { shape } of tensors.values()) if (shape.length === 4) return true
  return false
}

/** The error of a file whose weights are objects that were not made. */
function inertRefusal(entries: readonly Entry[], who: string): DataError | undefined {
  for (const { inert } of entries)
    for (const [name, made] of inert ?? [])
      if (/\.(weight|bias|running_mean|running_var|_packed_params)(\.|$)/.test(name))
        return new DataError(
          `${who}: its tensor ${printable(name, 80)} is made by ${printable(made, 80)}, which is not run; ` +
            'save the weights as plain float tensors, in PyTorch: torch.save(model.state_dict(), path)',
        )
  return undefined
}

function nothing(entries: readonly Entry[], who: string): DataError {
  const names = entries.map(({ path, tensors }) => `${path === '' ? '/' : path} (${tensors.size} tensors)`)
  return new DataError(
    `${who}: no weights found: expected a dictionary with the tensors of a network, got ${names.length === 0 ? 'no tensors by name' : listed(names)}`,
  )
}

function listed(names: readonly string[]): string {
  const few = names.slice(0, MOST_NAMED).map((name) => printable(name, 80))
  return `${few.join(', ')}${names.length > few.length ? ` and ${names.length - few.length} more` : ''}`
}
