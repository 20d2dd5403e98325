/** Describes nets for drawings: their parts and costs, after the edits of the page. */
import type { BlockPath, NetworkSpec, PresetName, Shortcut } from '../../../src/internal.js'
import type { Library } from './library.js'

/** A part of a drawing: the stem, a block or the head. */
export interface Part {
  readonly path: string
  /** Shape for one picture: channels, height, width; or features. */
  readonly outputShape: readonly number[]
  readonly params: number
  readonly macs: number
  readonly layers: readonly { readonly path: string; readonly op: string; readonly outputShape: readonly number[] }[]
  /** For blocks: the shortcut beside the branch. */
  readonly shortcut?: Shortcut
  readonly changesSize?: boolean
  /** Whether the block has more output than input channels. */
  readonly widens?: boolean
}

export interface Described {
  readonly spec: NetworkSpec
  readonly params: number
  readonly macs: number
  readonly acts: number
  readonly parts: readonly Part[]
}

/** The origin of a drawing: the name of a preset, or a spec from a file. */
export type Origin = { readonly preset: string } | { readonly spec: NetworkSpec }

export function architectureCalls(library: Library) {
  const specOf = (origin: Origin, edits: readonly string[]): NetworkSpec => {
    const start = 'spec' in origin ? origin.spec : library.preset(origin.preset as PresetName)
    return library.validateSpec(edits.reduce((spec, edit) => edited(library, spec, edit), start))
  }
  return {
    'architecture.describe': async ({
      origin,
      edits,
    }: {
      origin: Origin
      edits: readonly string[]
    }): Promise<Described> => described(library, specOf(origin, edits)),

    /** Exports an ONNX model with fresh weights. */
    'architecture.onnx': async ({ origin, edits }: { origin: Origin; edits: readonly string[] }): Promise<Uint8Array> =>
      library.exportOnnx(library.untrained(specOf(origin, edits))),

    /** Reads the spec in a file of weights. */
    'architecture.open': async ({ name, file }: { name: string; file: Uint8Array }): Promise<NetworkSpec> =>
      (await library.decodeNetwork(file, name)).spec,
  }
}

/**
 * Applies an edit from the address: `add2`, `cut2` (a block of stage 2), `plain`, `shortcut:pad`, `size:16`,
 * `classes:100`.
 */
function edited(library: Library, spec: NetworkSpec, edit: string): NetworkSpec {
  const [, word, value = ''] = /^([a-z]+):?(.*)$/.exec(edit) ?? []
  const stage = Number(value) - 1
  const blocksOf = spec.stages[stage]?.blocks
  if (word === 'plain') return library.plainTwin(spec)
  if (word === 'size') return { ...spec, input: { ...spec.input, height: Number(value), width: Number(value) } }
  if (word === 'classes') {
    const head = { ...spec.head, classes: Number(value) } // the check refuses this for a net without classes
    return { ...spec, head }
  }
  if (word === 'shortcut')
    return {
      ...spec,
      stages: spec.stages.map(({ blocks }) => ({
        blocks: blocks.map((block) => ({ ...block, shortcut: value as Shortcut })),
      })),
    }
  if (word === 'cut' && blocksOf)
    return library.removeBlock(spec, `stage${stage + 1}.block${blocksOf.length}` as BlockPath)
  if (word === 'add' && blocksOf) {
    const { activateBeforeSplit: _, ...last } = blocksOf.at(-1)!
    const added = [...blocksOf, { ...last, stride: 1, strideIn: 0 }]
    return { ...spec, stages: spec.stages.map((other, i) => (i === stage ? { blocks: added } : other)) }
  }
  throw new library.ConfigError(`architecture: ${edit} is not an edit that fits ${spec.name}`)
}

function described(library: Library, spec: NetworkSpec): Described {
  const { layers, params, macs, acts } = library.complexity(spec)
  const parts: (Part & { layers: Part['layers'][number][] })[] = []
  for (const { path, op, outputShape, params: own, macs: work } of layers) {
    const name = /^stage\d+\.block\d+/.exec(path)?.[0] ?? path.split('.')[0]!
    const last = parts.at(-1)
    const layer = { path, op, outputShape }
    if (last?.path === name)
      parts[parts.length - 1] = {
        ...last,
        outputShape,
        params: last.params + own,
        macs: last.macs + work,
        layers: [...last.layers, layer],
      }
    else parts.push({ path: name, outputShape, params: own, macs: work, layers: [layer], ...blockFacts(spec, name) })
  }
  return { spec, params, macs, acts, parts }
}

function blockFacts(spec: NetworkSpec, path: string): Pick<Part, 'shortcut' | 'changesSize' | 'widens'> {
  let width = spec.stem.reduce((before, layer) => (layer.kind === 'conv' ? layer.width : before), spec.input.channels)
  for (const [s, { blocks }] of spec.stages.entries())
    for (const [b, { branch, stride, shortcut }] of blocks.entries()) {
      const [before, after] = [width, branch.at(-1)!.width]
      width = after
      if (path === `stage${s + 1}.block${b + 1}`)
        return { shortcut, changesSize: stride > 1 || after !== before, widens: after > before }
    }
  return {}
}
