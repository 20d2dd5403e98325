/**
 * Families besides the papers' ResNets: fully connected nets, on which lectures define the residual block, and a
 * VGG-like net.
 */
import { ConfigError } from '../util/errors.js'
import { type BlockOptions, blockOptions } from './families.js'
import type { BlockSpec, ClassifierHead, ConvLayer, InputSpec, NetworkSpec, Order, Shortcut } from './spec.js'

/** Options of fully connected nets. */
export interface FullyConnectedOptions extends BlockOptions {
  /** Default `dense-resnet` or `dense-plain` and the depth. */
  readonly name?: string
  /** Weighted layers on the main path: the first layer, the blocks' layers and the classifier. */
  readonly depth: number
  /** Numbers in a row of a table, or the size of pictures, which must be square. */
  readonly inputs: number | InputSpec
  /** Units per layer. Several numbers make stages of equally many blocks. Default 64. */
  readonly widths?: readonly number[]
  readonly classes: number
  /** Layers in each branch. Default 2. */
  readonly branchLayers?: number
  /**
   * Default `project-on-change`: a learned matrix where widths differ. `pad` pads with zeros. `none` is the plain twin.
   */
  readonly shortcut?: Shortcut
  /** Default `post`. */
  readonly order?: Order
  /** Default false, as in the lectures. Without norms, layers have a bias. */
  readonly norm?: boolean
}

/**
 * A fully connected net, residual or plain. A dense layer is a 1x1 convolution of a map of one pixel. A row of numbers
 * is a picture of one pixel with as many channels. So a dense net is a spec like any other. On pictures, the first
 * layer's kernel is as large as the picture.
 * @throws ConfigError for a depth that whole blocks cannot reach, or pictures that are not square
 */
export function fullyConnected(options: FullyConnectedOptions): NetworkSpec<ClassifierHead> {
  const { depth, inputs, widths = [64], classes, branchLayers = 2, order = 'post', norm = false } = options
  const { shortcut = 'project-on-change' } = options
  const activatesFirst = order === 'pre' || order === 'relu-pre'
  const input = typeof inputs === 'number' ? { channels: inputs, height: 1, width: 1 } : inputs
  if (input.height !== input.width)
    throw new ConfigError(
      `inputs: a fully connected net takes square pictures, got ${input.height}x${input.width}; use rows of numbers`,
    )
  const perStage = branchLayers * widths.length
  const blocks = (depth - 2) / perStage
  if (!Number.isInteger(blocks) || blocks < 1)
    throw new ConfigError(
      `depth ${depth}: a fully connected net of ${widths.length} widths and branches of ${branchLayers} layers has ` +
        `${perStage}n+2 layers, n whole and at least 1`,
    )
  const dense = (width: number): ConvLayer => ({ kind: 'conv', width, kernel: 1, ...(norm ? {} : { bias: true }) })
  const stages = widths.map((width) => {
    const branch = Array.from({ length: branchLayers }, () => dense(width))
    const block: BlockSpec = { branch, stride: 1, strideIn: 0, order, shortcut, ...blockOptions({ ...options, norm }) }
    return { blocks: Array.from({ length: blocks }, () => block) }
  })
  const first = { ...dense(widths[0]!), kernel: input.height, padding: 0 }
  return {
    format: 1,
    name: options.name ?? `dense-${shortcut === 'none' ? 'plain' : 'resnet'}${depth}`,
    input,
    stem: [first, ...(norm ? [{ kind: 'norm' } as const] : []), { kind: 'relu' }],
    stages,
    head: { kind: 'classifier', norm: order === 'pre' && norm, ...(activatesFirst ? { relu: true } : {}), classes },
  }
}

/** Channels of every layer of the VGG-like net. */
const VGG_WIDTH = 128

/**
 * A VGG-like net of 15 layers with 128 channels each, so that any one can be removed: two 3x3 convolutions with a
 * pooling after each, twelve blocks of one 3x3 layer without a shortcut, and the classifier. It follows the plain net
 * of Veit 2016, which is not published in full: the places of the poolings are a guess.
 */
export function vggLike({
  classes = 10,
  input = { channels: 3, height: 32, width: 32 },
} = {}): NetworkSpec<ClassifierHead> {
  const conv: ConvLayer = { kind: 'conv', width: VGG_WIDTH, kernel: 3 }
  const layer = [
    conv,
    { kind: 'norm' },
    { kind: 'relu' },
    { kind: 'maxPool', kernel: 2, stride: 2, padding: 0 },
  ] as const
  const block: BlockSpec = { branch: [conv], stride: 1, strideIn: 0, order: 'post', shortcut: 'none' }
  return {
    format: 1,
    name: 'vgg15',
    input,
    stem: [...layer, ...layer],
    stages: [{ blocks: Array.from({ length: 12 }, () => block) }],
    head: { kind: 'classifier', norm: false, classes },
  }
}
