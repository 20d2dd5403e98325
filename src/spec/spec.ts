/**
 * A network as plain data: what a checkpoint holds as JSON and rebuilds the net from. A net is a stem, stages of
 * blocks, and a head. A block is a residual branch (a list of weighted layers) beside a shortcut.
 */
export type Pair = readonly [number, number]

/** A convolution without bias. Padding defaults to kernel >> 1, stride and dilation to 1; numbers mean both axes. */
export interface ConvLayer {
  readonly kind: 'conv'
  readonly width: number
  readonly kernel: number
  readonly stride?: number
  readonly padding?: number
  readonly dilation?: number
}

export interface PoolLayer {
  readonly kind: 'maxPool' | 'averagePool'
  readonly kernel: number
  readonly stride: number
  readonly padding: number
}

export type StemLayer = ConvLayer | PoolLayer | { readonly kind: 'norm' } | { readonly kind: 'relu' }

/**
 * What stands beside the residual branch:
 * `none` nothing (a plain net); `pad` identity, subsampled and padded with zero channels where sizes change (option A);
 * `project-on-change` a 1x1 convolution where sizes change, else identity (B); `project-always` a 1x1 convolution (C).
 */
export type Shortcut = 'none' | 'pad' | 'project-on-change' | 'project-always'

export interface BlockSpec {
  /** The weighted layers of the residual branch; the last one's width is the block's. */
  readonly branch: readonly ConvLayer[]
  /** By how much the block shrinks height and width. */
  readonly stride: number
  /** Which layer of the branch takes the stride, from 0. */
  readonly strideIn: number
  /**
   * `post` conv, norm, ReLU, …, conv, norm, add, ReLU [He 2015]; `pre` norm, ReLU, conv, …, add [He 2016].
   */
  readonly order: 'post' | 'pre'
  readonly shortcut: Shortcut
}

export interface StageSpec {
  readonly blocks: readonly BlockSpec[]
}

export interface NetworkSpec {
  readonly format: 1
  readonly name: string
  readonly input: { readonly channels: number; readonly height: number; readonly width: number }
  readonly stem: readonly StemLayer[]
  readonly stages: readonly StageSpec[]
  /** `norm`: a final norm and ReLU (pre-activation nets); then global average pooling and the classifier. */
  readonly head: { readonly norm: boolean; readonly classes: number }
}
