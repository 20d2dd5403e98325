/**
 * Fresh parameters and running statistics. Each parameter has a random stream of its own, named by the seed and its
 * path, so that networks which share a path share its first weights: a net and its plain twin start equal.
 */
import { passesInput, placedBlocks } from '../spec/blocks.js'
import type { BlockSpec, NetworkSpec } from '../spec/spec.js'
import { ConfigError } from '../util/errors.js'
import { Random } from '../util/random.js'
import { elements, type Shape } from '../util/shape.js'
import { forwardGraph } from './forward.js'
import { parametersOf } from './parameters.js'

export interface InitialiseOptions {
  /** A whole number from 0. */
  readonly seed: number
  /**
   * Whether each residual branch starts as zero, so that blocks start as their shortcuts: by the scale of its last norm
   * where it ends in one [Goyal 2017, §5.1], else by its last convolution: a norm of zeros before a ReLU would never
   * learn, which is why branches that end in a ReLU stay as they are. Default false.
   */
  readonly zeroInitResidual?: boolean
}

const CLASSIFIER_DEVIATION = 0.01

/**
 * Values by path. Convolutions: He initialisation, normal with variance 2 / fan-out [He 2015b; fan-out as in the
 * authors' code], but 1 / fan-in in heads that give pictures, where no ReLU follows and few channels go out; classifier
 * weights normal with deviation 0.01; scales and variances 1; biases of gates as their specs say; the rest 0.
 */
export function initialise(spec: NetworkSpec, options: InitialiseOptions): Map<string, Float32Array> {
  const { seed, zeroInitResidual = false } = options
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new ConfigError(`seed: expected a whole number from 0, got ${seed}`)
  const zeroed = new Set(zeroInitResidual ? [...lastOfBranches(spec), ...lastOfHead(spec)] : [])
  const values = new Map<string, Float32Array>()
  for (const { path, shape } of parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference' }))) {
    const value = new Float32Array(elements(shape))
    if (!zeroed.has(path)) fillFresh(value, path, shape, seed)
    values.set(path, value)
  }
  for (const { path, spec: block } of placedBlocks(spec))
    if (block.gate) values.get(`${path}.gate.conv.bias`)!.fill(block.gate.bias)
  return values
}

function fillFresh(value: Float32Array, path: string, shape: Shape, seed: number): void {
  if (path.endsWith('.weight')) fillNormal(value, path, seed, deviationOf(path, shape))
  else if (path.endsWith('.scale') || path.endsWith('.variance')) value.fill(1)
}

function deviationOf(path: string, shape: Shape): number {
  if (shape.length === 2) return CLASSIFIER_DEVIATION
  const [out, inputs, height, width] = shape as [number, number, number, number]
  if (path.startsWith('head.')) return Math.sqrt(1 / (inputs * height * width))
  return Math.sqrt(2 / (out * height * width))
}

function fillNormal(value: Float32Array, path: string, seed: number, deviation: number): void {
  const random = new Random(seed, ...Array.from(path, (letter) => letter.charCodeAt(0)))
  for (let i = 0; i < value.length; i++) value[i] = deviation * random.normal()
}

/** The parameter of each residual branch that makes its output zero. Plain blocks have none: they would be cut off. */
function lastOfBranches(spec: NetworkSpec): string[] {
  return placedBlocks(spec)
    .filter(({ spec: block }) => passesInput(block) && block.order !== 'relu-before-add')
    .map(({ path, spec }) =>
      endsInNorm(spec) ? `${path}.norm${spec.branch.length}.scale` : `${path}.conv${spec.branch.length}.weight`,
    )
}

/** Whether the last layer before the addition is a norm. */
function endsInNorm({ order, norm = true }: BlockSpec): boolean {
  return norm && (order === 'post' || order === 'relu-pre' || order === 'bare-add')
}

/** The convolution before what the shortcut of a head is added to: with `input` the whole net is one residual branch. */
function lastOfHead({ head }: NetworkSpec): string[] {
  if (!('kind' in head) || head.shortcut === 'none') return []
  return [head.shortcut === 'input' ? 'head.conv.weight' : 'head.merge.weight']
}
