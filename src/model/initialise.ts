/**
 * Fresh parameters and running statistics. Each parameter has its own random stream, named by the seed and its path. So
 * networks that share a path share its first weights: a net and its plain twin start equal.
 */
import { passesInput, placedBlocks } from '../spec/blocks.js'
import type { BlockSpec, NetworkSpec } from '../spec/spec.js'
import { checkSpec } from '../spec/validate.js'
import { ConfigError } from '../util/errors.js'
import { described, expectOptions, flag, object } from '../util/expect.js'
import { Random } from '../util/random.js'
import { elements, type Shape } from '../util/shape.js'
import { forwardGraph } from './forward.js'
import type { ModelHead } from './heads/head.js'
import { type Heads, headOf, heads as ownHeads } from './heads/index.js'
import { parametersOf } from './parameters.js'

/** How a network starts. */
export interface InitialiseOptions {
  /** A whole number from 0. */
  readonly seed: number
  /**
   * Whether each residual branch starts at zero, so that blocks start as their shortcuts. The last layer of the branch
   * starts at zero: the scale of its norm if it ends in one [Goyal 2017, §5.1], else its convolution. Branches that end
   * in a ReLU stay unchanged, because a norm of zeros before a ReLU would never learn. Default false.
   */
  readonly zeroInitResidual?: boolean
  /** The known kinds of heads; default: those of this package. */
  readonly heads?: Heads | undefined
}

/**
 * Initialises all values by path. Convolutions use He initialisation: normal with variance 2 / fan-out [He 2015b;
 * fan-out as in the authors' code]. The head decides on its weights (a classifier uses deviation 0.01). Scales and
 * variances are 1, biases of gates are as in their specs, and the rest is 0.
 * @throws ConfigError for an invalid spec or option
 */
export function initialise(spec: NetworkSpec, options: InitialiseOptions): Map<string, Float32Array> {
  expectOptions(options, 'initialise: options', { zeroInitResidual: flag, heads: object })
  const { seed, zeroInitResidual = false, heads = ownHeads } = options
  checkSpec(spec, heads)
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ConfigError(`seed: expected a whole number from 0, got ${described(seed)}`)
  const head = headOf(spec.head, heads)
  const zeroed = new Set(zeroInitResidual ? [...lastOfBranches(spec, head), ...head.zeroed(spec.head)] : [])
  const values = new Map<string, Float32Array>()
  for (const { path, shape } of parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference', heads }))) {
    const value = new Float32Array(elements(shape))
    const deviation = head.layers?.deviation(spec, path, shape) ?? head.deviation(spec.head, path, shape)
    if (!zeroed.has(path)) fillFresh(value, path, shape, seed, deviation)
    values.set(path, value)
  }
  for (const { path, spec: block } of placedBlocks(spec))
    if (block.gate) values.get(`${path}.gate.conv.bias`)!.fill(block.gate.bias)
  return values
}

/** @param deviation standard deviation of weights, by default from He initialisation */
function fillFresh(
  value: Float32Array,
  path: string,
  shape: Shape,
  seed: number,
  deviation = heDeviation(shape),
): void {
  if (path.endsWith('.weight')) fillNormal(value, path, seed, deviation)
  else if (path.endsWith('.scale') || path.endsWith('.variance')) value.fill(1)
}

function heDeviation([out = 1, , height = 1, width = 1]: Shape): number {
  return Math.sqrt(2 / (out * height * width))
}

function fillNormal(value: Float32Array, path: string, seed: number, deviation: number): void {
  const random = new Random(seed, ...Array.from(path, (letter) => letter.charCodeAt(0)))
  for (let i = 0; i < value.length; i++) value[i] = deviation * random.normal()
}

/**
 * The parameter of each residual branch that makes its output zero. Plain blocks have none, because they would pass
 * nothing.
 */
function lastOfBranches(spec: NetworkSpec, head: ModelHead): string[] {
  return placedBlocks(spec)
    .filter(({ spec: block }) => passesInput(block) && block.order !== 'relu-before-add')
    .map((block) => {
      const { path, spec } = block
      head.layers?.expectZeros(block)
      return endsInNorm(spec) ? `${path}.norm${spec.branch.length}.scale` : `${path}.conv${spec.branch.length}.weight`
    })
}

/** Whether the last layer before the addition is a norm. */
function endsInNorm({ order, norm = true }: BlockSpec): boolean {
  return norm && (order === 'post' || order === 'relu-pre' || order === 'bare-add')
}
