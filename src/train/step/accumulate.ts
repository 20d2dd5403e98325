/**
 * Averages gradients over several batches in one graph (gradient accumulation). The batches run one after the other on
 * the same parameters, so they need the memory of one. A step stays one run, done wholly or not at all.
 */
import { type Differentiated, differentiate } from '../../autodiff/differentiate.js'
import { GraphBuilder } from '../../graph/builder.js'
import type { Graph, GraphInput, Value } from '../../graph/graph.js'
import { inline } from '../../graph/inline.js'
import { add } from '../../ops/add.js'
import { emit } from '../../ops/op.js'
import { scale } from '../../ops/scale.js'
import { ConfigError, invariant } from '../../util/errors.js'

/** The name of a batch's data input or output: `pictures/2`; of a single batch just `pictures`. */
export function batchName(name: string, batch: number, batches: number): string {
  return batches === 1 ? name : `${name}/${batch + 1}`
}

const SHARE = 'share'

/**
 * Runs forward and backward pass of each batch in turn. Running statistics go from batch to batch. The output `loss` is
 * the mean of all losses, and the gradients are its gradients. Each batch has its own data inputs and other outputs,
 * named by `batchName`.
 * @param forwards one forward graph per batch, with equal parameters and buffers, each with a scalar output `loss`
 */
export function accumulated(forwards: readonly Graph[]): Differentiated {
  const builder = new GraphBuilder()
  const inputs = new Map<string, Value>()
  const state = new Map<string, Value>()
  const sums = new Map<Value, Value>()
  let loss: Value | undefined
  forwards.forEach((forward, batch) => {
    const named = (name: string) => batchName(name, batch, forwards.length)
    const bind = ({ name, role, value }: GraphInput): Value => {
      const own = role === 'data' ? named(name) : name
      if (!inputs.has(own)) inputs.set(own, builder.input(own, role, value.type))
      return state.get(own) ?? inputs.get(own)!
    }
    const parameters = forward.inputs.filter(({ role }) => role === 'parameter')
    const part = differentiate(
      withShare(forward, 1 / forwards.length),
      SHARE,
      parameters.map(({ value }) => value),
    )
    const copyOf = inline(builder, part.graph, bind)
    for (const { value, name } of part.graph.inputs) {
      const update = part.graph.updates.find(({ target }) => target === value)
      if (update) state.set(name, copyOf(update.source))
    }
    for (const { name, value } of part.graph.outputs) {
      if (name === SHARE) loss = plus(builder, loss, copyOf(value), 'loss')
      else if (name !== 'loss') builder.output(named(name), copyOf(value))
    }
    for (const { name, value } of parameters) {
      const parameter = inputs.get(name)!
      sums.set(parameter, plus(builder, sums.get(parameter), copyOf(part.gradients.get(value)!), name))
    }
  })
  invariant(loss, 'there is no batch')
  builder.output('loss', loss)
  for (const [name, value] of state) builder.update(inputs.get(name)!, value)
  return { graph: builder.build(), gradients: sums }
}

/** The scalar output `loss` of a graph. @throws ConfigError if it has none */
export function lossOf(graph: Graph): Value {
  const loss = graph.outputs.find(({ name }) => name === 'loss')?.value
  if (loss) return loss
  throw new ConfigError('stepGraph: expected a graph with a scalar output named loss; give it out with output()')
}

/** Adds a batch's share of the mean loss to its outputs. */
function withShare(forward: Graph, factor: number): Graph {
  const builder = new GraphBuilder(forward)
  const loss = lossOf(forward)
  builder.output(SHARE, emit(builder, scale, { factor }, [loss], 'loss')[0]!)
  return builder.build()
}

function plus(builder: GraphBuilder, sum: Value | undefined, value: Value, path: string): Value {
  return sum ? emit(builder, add, {}, [sum, value], path)[0]! : value
}
