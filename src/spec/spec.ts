/**
 * A network as plain data: what a checkpoint holds as JSON and rebuilds the net from. A net is a stem, stages of
 * blocks, and a head. A block is a residual branch (a list of weighted layers) beside a shortcut.
 */

/**
 * A convolution, square, the same on both axes. `dilation` defaults to 1, `padding` to dilation · (kernel >> 1), which
 * keeps the size of the map where kernels are odd and the stride is 1, `groups` to 1: channels fall into so many groups,
 * each convolved by itself; and `bias` to false: a norm after a convolution makes it superfluous.
 */
export interface ConvLayer {
  readonly kind: 'conv'
  /** Output channels. */
  readonly width: number
  readonly kernel: number
  readonly padding?: number
  readonly dilation?: number
  readonly groups?: number
  readonly bias?: boolean
}

/** A convolution of the stem, which sets its own stride, 1 by default. In a branch the block sets it. */
export interface StemConvLayer extends ConvLayer {
  readonly stride?: number
}

/** A pooling layer of the stem, square. */
export interface PoolLayer {
  readonly kind: 'maxPool' | 'averagePool'
  readonly kernel: number
  readonly stride: number
  readonly padding: number
}

/** One of the layers before the first stage. */
export type StemLayer = StemConvLayer | PoolLayer | { readonly kind: 'norm' } | { readonly kind: 'relu' }

/**
 * The shortcut beside the residual branch:
 * `none` nothing (a plain net); `pad` identity, subsampled and padded with zero channels where sizes change (option A);
 * `project-on-change` a 1x1 convolution where sizes change, else identity (B); `project-always` a 1x1 convolution (C).
 * Projections are followed by a norm wherever convolutions of the branch are, but not where that comes after the addition.
 * `noise` random numbers in place of the input, with mean 0 and deviation 1, in training only. This one is of no paper:
 * learners ask whether it helps that anything is added at all. It passes no input on, so that a net of it is a plain one.
 */
export const shortcuts = ['none', 'pad', 'project-on-change', 'project-always', 'noise'] as const
/**
 * Nothing beside the branch (`none`), a shortcut of option A (`pad`), B (`project-on-change`) or C (`project-always`), or
 * `noise` in its place.
 */
export type Shortcut = (typeof shortcuts)[number]

/**
 * In which order a block convolves, normalises and activates. The first five are those of He 2016, table 2.
 * `post` conv, norm, ReLU, …, conv, norm, add, ReLU [He 2015]; `norm-after-add` the same, but add, norm, ReLU at the end;
 * `relu-before-add` the same, but norm, ReLU, add; `relu-pre` ReLU, conv, norm, …, ReLU, conv, norm, add;
 * `pre` norm, ReLU, conv, …, norm, ReLU, conv, add: full pre-activation; `bare-add` as `post`, but nothing follows the
 * addition [Gross 2016; Lim 2017].
 */
export const orders = ['post', 'norm-after-add', 'relu-before-add', 'relu-pre', 'pre', 'bare-add'] as const
/** One of `orders`: `post`-activation [He 2015], full `pre`-activation [He 2016], or what lies between. */
export type Order = (typeof orders)[number]

/** How a gate divides what a block puts out between branch and shortcut. */
export const gateKinds = ['exclusive', 'shortcut-only'] as const

/**
 * A gate g = sigmoid(W x + b), W a 1x1 convolution of the block's input. `exclusive`: g · branch + (1 − g) · shortcut, as
 * in highway nets; `shortcut-only`: branch + (1 − g) · shortcut. [He 2016, table 1]
 */
export interface GateSpec {
  readonly kind: (typeof gateKinds)[number]
  /** The first value of b. The paper tried 0 to −10; at −6, which leaves the shortcut all but open, both kinds did best. */
  readonly bias: number
}

/** A residual block: a branch beside a shortcut; or, without one, a block of a plain net. */
export interface BlockSpec {
  /** The weighted layers of the residual branch, at least one; the last one's width is the block's. */
  readonly branch: readonly ConvLayer[]
  /** By how much the block shrinks height and width. */
  readonly stride: number
  /** Which layer of the branch takes the stride, from 0. */
  readonly strideIn: number
  readonly order: Order
  readonly shortcut: Shortcut
  /**
   * Of the orders `pre` and `relu-pre` only: the first activation stands before the split, so that the shortcut sees its
   * result too. The papers' nets do so in the first block after a bare stem and wherever a shortcut projects. Default false.
   */
  readonly activateBeforeSplit?: boolean
  /** Whether there are norms, in the branch and after a projection. Default true. */
  readonly norm?: boolean
  /** A constant that the branch is multiplied by before the addition. Default 1. [He 2016, table 1; Lim 2017] */
  readonly branchScale?: number
  /** A constant that the shortcut is multiplied by. Default 1. [He 2016, table 1] */
  readonly shortcutScale?: number
  /** Probability that an element of the shortcut is dropped in training, in [0, 1). Default 0. [He 2016, table 1] */
  readonly shortcutDropout?: number
  /** Default none. */
  readonly gate?: GateSpec
}

/** Blocks that work on maps of one size: the first may shrink them. */
export interface StageSpec {
  readonly blocks: readonly BlockSpec[]
}

/** The pictures that a network takes: channels, then height and width in pixels. */
export interface InputSpec {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** All heads have a kind. Those of this package are in `HeadSpec`; a table of heads can have others. */
export interface AnyHead {
  readonly kind: string
}

/** The layers after the last stage of a net that tells classes apart. */
export interface ClassifierHead {
  readonly kind: 'classifier'
  /** A final norm, and a ReLU after it (pre-activation nets); then always global average pooling and the classifier. */
  readonly norm: boolean
  /** Whether a ReLU comes before the pooling. Default: as `norm` says; alone it ends nets of the order `relu-pre`. */
  readonly relu?: boolean
  readonly classes: number
}

/**
 * The shortcut of a net that gives a picture: `none` adds nothing; `input` the picture that came in, so that the net learns what is
 * missing from it [Kim 2016]; `stem` what left the stem, after one more convolution and before pictures grow [Lim 2017].
 */
export const pictureShortcuts = ['none', 'input', 'stem'] as const
/** One of `pictureShortcuts`. */
export type PictureShortcut = (typeof pictureShortcuts)[number]

/**
 * The layers after the last stage of a net that gives a picture: 3x3 convolutions, the last of them to the channels of the
 * input.
 */
export interface PictureHead {
  readonly kind: 'picture'
  /** By how much pictures grow here, by convolutions and pixel shuffles (for 4 two of them, by 2 each): from 1 to 4. */
  readonly enlarge: number
  readonly shortcut: PictureShortcut
  /** Whether its convolutions have a bias. */
  readonly bias: boolean
}

/** The heads of this package. `kind` tells them apart. */
export type HeadSpec = ClassifierHead | PictureHead
/** The kinds of heads of this package. */
export type HeadKind = HeadSpec['kind']

/** A whole network. Its type names its head where that is known: `NetworkSpec<ClassifierHead>`. */
export interface NetworkSpec<H extends AnyHead = HeadSpec | AnyHead> {
  readonly format: 1
  readonly name: string
  readonly input: InputSpec
  readonly stem: readonly StemLayer[]
  readonly stages: readonly StageSpec[]
  readonly head: H
}
