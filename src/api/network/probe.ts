/**
 * Reads the activations of a network's layers for a batch, and the gradients of the loss there. It can also compute the
 * gradient along single paths, which take either the branch or the shortcut of each residual block. [Veit 2016, §4.3]
 */

import { pullBack } from '../../autodiff/differentiate.js'
import { expectClassifier } from '../../formats/expect-network.js'
import type { Tensor, TrainedNetwork } from '../../formats/trained-network.js'
import { GraphBuilder } from '../../graph/builder.js'
import type { Graph, Node, Value } from '../../graph/graph.js'
import { compileGraph } from '../../inference/compile.js'
import { writeWeights } from '../../inference/weights.js'
import { forwardGraph } from '../../model/forward.js'
import type { Mode } from '../../model/layers.js'
import { fill } from '../../ops/fill.js'
import { emit } from '../../ops/op.js'
import type { BlockPath, LayerPath } from '../../spec/paths.js'
import { headsOf, type Tasks } from '../../tasks/index.js'
import { ConfigError } from '../../util/errors.js'
import { expectFloats, listOf, numbers, oneOf, text } from '../../util/expect.js'
import { type ComputeOptions, engineOf, expectCompute, type OpenEngine } from '../engines/opening.js'

/** The activations and gradients to read. */
export interface ProbeOptions extends ComputeOptions {
  /** The table of tasks, for example with layers of your own. Default: the tasks of this package. */
  readonly tasks?: Tasks | undefined
  /** The class of each picture: the loss is the mean cross-entropy. Default: all of class 0. */
  readonly labels?: Int32Array | undefined
  /** Norms use their running statistics (`inference`, the default) or the statistics of the batch (`training`). */
  readonly mode?: Mode | undefined
  /** Layers, blocks or stages whose outputs to read. */
  readonly activations?: readonly LayerPath[] | undefined
  /** Places to read the gradient of the loss at: outputs of layers, blocks or stages, or `pictures`. */
  readonly gradients?: readonly (LayerPath | 'pictures')[] | undefined
  /**
   * Paths through the network. Each is a list of blocks: the path takes their branches, and the shortcuts of all other
   * blocks. The result is the gradient at the pictures along each path alone. The gradients of all 2^n paths add up to
   * the full gradient.
   */
  readonly along?: readonly (readonly BlockPath[])[] | undefined
}

/** The result of a probe. Maps are [pictures, channels, height, width]. */
export interface Probed {
  readonly loss: number
  /** By path. */
  readonly activations: ReadonlyMap<string, Tensor>
  /** By path, or by `pictures`. */
  readonly gradients: ReadonlyMap<string, Tensor>
  /** The gradients at the pictures, in the order of `along` in the options. */
  readonly along: readonly Tensor[]
}

/**
 * @param pictures [pictures][channels][height][width] floats, normalised as the network expects
 * @throws ConfigError for paths that the network does not have, or floats that are not a whole number of pictures
 */
export type Probe = (network: TrainedNetwork, pictures: Float32Array, options?: ProbeOptions) => Promise<Probed>

const paths = listOf(text, 'a list of paths, such as stage2.block1')
const fields = {
  labels: numbers,
  mode: oneOf(['inference', 'training']),
  activations: paths,
  gradients: paths,
  along: listOf(paths, 'a list of lists of paths of blocks'),
}

/** The probe on the engines of one environment. */
export function probeFunction(openEngine: OpenEngine): Probe {
  return async (network, floats, options = {}) => {
    expectCompute(options, 'probe: options', fields)
    expectClassifier(network, 'probe: network', headsOf(options.tasks))
    const pictures = expectFloats(floats, 'probe: pictures')
    const { graph, names } = probeGraph(network, pictures.length, options)
    const { engine, release } = await engineOf(openEngine, options)
    try {
      const executable = await compileGraph(engine, graph)
      try {
        const batch = graph.inputs.find(({ name }) => name === 'labels')!.value.type.shape[0]!
        const weights = graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
        writeWeights(executable, weights, network.weights, network.spec.name)
        executable.write('pictures', pictures)
        executable.write('labels', options.labels ?? new Int32Array(batch))
        await executable.run()
        const found = new Map<string, Tensor>()
        for (const { name, value } of graph.outputs)
          found.set(name, { shape: value.type.shape, data: await executable.read(name) })
        const read = (entries: ReadonlyMap<string, string>) =>
          new Map([...entries].map(([path, output]) => [path, found.get(output)!]))
        return {
          loss: found.get('loss')!.data[0]!,
          activations: read(names.activations),
          gradients: read(names.gradients),
          along: names.along.map((name) => found.get(name)!),
        }
      } finally {
        await executable.dispose()
      }
    } finally {
      await release()
    }
  }
}

/** The graph's names of the requested outputs. */
interface Names {
  readonly activations: ReadonlyMap<string, string>
  readonly gradients: ReadonlyMap<string, string>
  readonly along: readonly string[]
}

function probeGraph(
  { spec }: TrainedNetwork,
  floats: number,
  { mode = 'inference', activations = [], gradients = [], along = [], tasks }: ProbeOptions,
): { readonly graph: Graph; readonly names: Names } {
  const { channels, height, width } = spec.input
  const batch = floats / (channels * height * width)
  if (!Number.isSafeInteger(batch) || batch < 1)
    throw new ConfigError(`${spec.name}: expected pictures of ${channels}x${height}x${width}, got ${floats} floats`)
  const layers = [...new Set([...activations, ...gradients.filter((path) => path !== 'pictures')])] as LayerPath[]
  const forward = forwardGraph(spec, { batch, mode, loss: true, taps: layers, heads: headsOf(tasks) })
  const values = new Map<string, Value>(
    [...forward.inputs, ...forward.outputs].map(({ name, value }) => [name, value] as const),
  )
  const builder = new GraphBuilder(forward)
  const one = emit(builder, fill, { shape: [], value: 1 }, [], 'gradient')[0]!
  const seeds = new Map([[values.get('loss')!, one]])
  let graph = builder.build()
  const output = (named: ReadonlyMap<string, Value>) => {
    const next = new GraphBuilder(graph)
    for (const [name, value] of named) next.output(name, value)
    graph = next.build()
  }
  if (gradients.length > 0) {
    const wanted = [...new Set(gradients)]
    const pulled = pullBack(
      graph,
      seeds,
      wanted.map((path) => values.get(path)!),
    )
    graph = pulled.graph
    output(new Map(wanted.map((path) => [`gradient/${path}`, pulled.gradients.get(values.get(path)!)!])))
  }
  const pictures = values.get('pictures')!
  along.forEach((branches, index) => {
    const pulled = pullBack(graph, seeds, [pictures], passesAlong(new Set(branches)))
    graph = pulled.graph
    output(new Map([[`along/${index}`, pulled.gradients.get(pictures)!]]))
  })
  return {
    graph,
    names: {
      activations: new Map(activations.map((path) => [path, path])),
      gradients: new Map(gradients.map((path) => [path, `gradient/${path}`])),
      along: along.map((_, index) => `along/${index}`),
    },
  }
}

/**
 * Passes a gradient through the branches of some blocks and through the shortcuts of all others, at the inputs of
 * additions.
 */
function passesAlong(branches: ReadonlySet<string>): (node: Node, input: number) => boolean {
  return ({ path }, input) => {
    const block = /^(.+)\.add$/.exec(path)?.[1]
    return block === undefined || (input === 0) === branches.has(block)
  }
}
