/**
 * Specs of nets that make pictures larger and sharper: VDSR is one long residual branch over the bicubic enlargement
 * [Kim 2016], EDSR has residual blocks that read the small picture [Lim 2017]. Both read only luminance.
 */
import { ConfigError } from '../util/errors.js'
import type { BlockSpec, ConvLayer, InputSpec, NetworkSpec, PictureHead, PictureShortcut } from './spec.js'

/** Options of both families. */
export interface UpscalingOptions {
  readonly name?: string
  /** Size of the input in training: a patch with one channel. Pictures of any size can be enlarged. */
  readonly input?: InputSpec
  /** Channels of the inner layers. Default 64. */
  readonly width?: number
  /** Whether convolutions have a bias. Default true. */
  readonly bias?: boolean
}

/** Options of nets with one long residual branch. */
export interface VdsrOptions extends UpscalingOptions {
  /** Weighted layers, at least 3. Default 20. */
  readonly depth?: number
}

/** Options of nets with residual blocks. */
export interface EdsrOptions extends UpscalingOptions {
  /** Residual blocks, at least 1. Default 16. */
  readonly blocks?: number
  /** Factor by which pictures grow: 2, 3 or 4. Default 2. */
  readonly scale?: number
}

/** The factors by which nets enlarge. */
export const scales = [2, 3, 4] as const

/**
 * `depth` 3x3 convolutions with ReLUs between them. They predict the difference between their input, a bicubic
 * enlargement, and the true picture. By default as in the paper: 20 layers, 64 channels, and patches of 41x41, the
 * receptive field. Without the shortcut of its head (see `plainTwin`) the net predicts the picture itself.
 */
export function vdsr(
  { depth = 20, width = 64, bias = true, ...options }: VdsrOptions = {},
  shortcut: PictureShortcut = 'input',
): NetworkSpec<PictureHead> {
  whole('depth', depth, 3)
  const side = 2 * depth + 1
  return network(`vdsr${depth}`, { height: side, width: side }, options, {
    stem: [conv(width, bias), { kind: 'relu' }],
    blocks: Array.from({ length: depth - 2 }, () => ({
      ...block([conv(width, bias)]),
      order: 'post',
      shortcut: 'none',
    })),
    head: { kind: 'picture', enlarge: 1, shortcut, bias },
  })
}

/**
 * Residual blocks of two convolutions without norms, with branches scaled by 0.1, on the small picture; a shortcut over
 * all of them; then pixel shuffles. By default the form known as EDSR-baseline, on luminance.
 */
export function edsr(options: EdsrOptions = {}): NetworkSpec<PictureHead> {
  const { blocks = 16, scale = 2, width = 64, bias = true, ...rest } = options
  whole('blocks', blocks, 1)
  if (!scales.some((other) => other === scale)) throw new ConfigError(`scale: expected 2, 3 or 4, got ${scale}`)
  const layer = conv(width, bias)
  return network('edsr', { height: 48, width: 48 }, rest, {
    stem: [layer],
    blocks: Array.from({ length: blocks }, () => ({
      ...block([layer, layer]),
      order: 'bare-add',
      shortcut: 'pad',
      branchScale: 0.1,
    })),
    head: { kind: 'picture', enlarge: scale, shortcut: 'stem', bias },
  })
}

function conv(width: number, bias: boolean): ConvLayer {
  return { kind: 'conv', width, kernel: 3, bias }
}

function block(branch: readonly ConvLayer[]) {
  return { branch, stride: 1, strideIn: 0, norm: false }
}

function network(
  name: string,
  patch: Omit<InputSpec, 'channels'>,
  options: UpscalingOptions,
  { stem, blocks, head }: Pick<NetworkSpec<PictureHead>, 'stem' | 'head'> & { readonly blocks: readonly BlockSpec[] },
): NetworkSpec<PictureHead> {
  const { input = { channels: 1, ...patch } } = options
  return { format: 1, name: options.name ?? name, input, stem, stages: [{ blocks }], head }
}

function whole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new ConfigError(`${name}: expected a whole number of at least ${least}, got ${value}`)
}
