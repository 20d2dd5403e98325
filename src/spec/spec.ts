/**
 * A network as plain data. A checkpoint stores it as JSON and rebuilds the net from it. A net is a stem, stages of
 * blocks, and a head. A block is a residual branch (a list of weighted layers) and a shortcut (skip connection).
 */

/**
 * A square convolution, the same on both axes. `dilation` defaults to 1. `padding` defaults to dilation · (kernel >>
 * 1), which keeps the size of the map for odd kernels and stride 1. `groups` defaults to 1: channels are divided into
 * so many groups, each convolved by itself. `bias` defaults to false, because a norm after the convolution makes it
 * superfluous.
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

/** A convolution of the stem, with its own stride, 1 by default. In a branch the block sets the stride. */
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

/** A layer of your own as plain data; a table of layers says what its fields mean, see `withLayers`. */
export interface OwnLayer {
  readonly kind: string
  readonly [field: string]: unknown
}

/** A convolution of a residual branch. */
export interface BranchLayer extends ConvLayer {
  /**
   * A layer of your own behind it, and behind its norm where that comes before the addition. It gives maps of the shape
   * that it reads. Default none.
   */
  readonly after?: OwnLayer
}

/** One of the layers before the first stage. */
export type StemLayer = StemConvLayer | PoolLayer | { readonly kind: 'norm' } | { readonly kind: 'relu' }

/**
 * The shortcut beside the residual branch. `none`: no shortcut (a plain net). `pad`: identity, subsampled and padded
 * with zero channels where sizes change (option A). `project-on-change`: a 1x1 convolution where sizes change, else
 * identity (B). `project-always`: a 1x1 convolution (C). A norm follows a projection if norms follow the branch's
 * convolutions, but not if the norm comes after the addition. `noise`: random numbers instead of the input, with mean 0
 * and deviation 1, in training only. No paper has it: learners ask whether it helps to add anything at all. It passes
 * no input on, so its net counts as plain.
 */
export const shortcuts = ['none', 'pad', 'project-on-change', 'project-always', 'noise'] as const
/** No shortcut (`none`), option A (`pad`), B (`project-on-change`) or C (`project-always`), or `noise` instead. */
export type Shortcut = (typeof shortcuts)[number]

/**
 * The order in which a block convolves, normalises and activates. The first five are the orders of He 2016, table 2.
 * `post`: conv, norm, ReLU, …, conv, norm, add, ReLU [He 2015]. `norm-after-add`: the same, but add, norm, ReLU at the
 * end. `relu-before-add`: the same, but norm, ReLU, add. `relu-pre`: ReLU, conv, norm, …, ReLU, conv, norm, add. `pre`:
 * norm, ReLU, conv, …, norm, ReLU, conv, add, full pre-activation. `bare-add`: as `post`, but nothing follows the
 * addition [Gross 2016; Lim 2017].
 */
export const orders = ['post', 'norm-after-add', 'relu-before-add', 'relu-pre', 'pre', 'bare-add'] as const
/** One of `orders`, from `post`-activation [He 2015] to full `pre`-activation [He 2016]. */
export type Order = (typeof orders)[number]

/** How a gate divides a block's output between branch and shortcut. */
export const gateKinds = ['exclusive', 'shortcut-only'] as const

/**
 * A gate g = sigmoid(W x + b), W a 1x1 convolution of the block's input. `exclusive`: g · branch + (1 − g) · shortcut, as
 * in highway nets; `shortcut-only`: branch + (1 − g) · shortcut. [He 2016, table 1]
 */
export interface GateSpec {
  readonly kind: (typeof gateKinds)[number]
  /**
   * Initial value of b. The paper tried 0 to −10. Both kinds did best at −6, which leaves the shortcut almost fully
   * open.
   */
  readonly bias: number
}

/** A residual block: a branch and a shortcut. Without a shortcut it is a block of a plain net. */
export interface BlockSpec {
  /** The weighted layers of the residual branch, at least one. The last one's width is the block's. */
  readonly branch: readonly BranchLayer[]
  /** Factor by which the block shrinks height and width. */
  readonly stride: number
  /** Index of the branch's layer with the stride, from 0. */
  readonly strideIn: number
  readonly order: Order
  readonly shortcut: Shortcut
  /**
   * Only for the orders `pre` and `relu-pre`: applies the first activation before the split, so that the shortcut
   * starts after it. The papers' nets do so in the first block after a bare stem and in every block whose shortcut
   * projects. Default false.
   */
  readonly activateBeforeSplit?: boolean
  /** Whether the branch and its projection have norms. Default true. */
  readonly norm?: boolean
  /** A constant that the branch is multiplied by before the addition. Default 1. [He 2016, table 1; Lim 2017] */
  readonly branchScale?: number
  /** A constant that the shortcut is multiplied by. Default 1. [He 2016, table 1] */
  readonly shortcutScale?: number
  /** Probability that training drops an element of the shortcut, in [0, 1). Default 0. [He 2016, table 1] */
  readonly shortcutDropout?: number
  /** Default none. */
  readonly gate?: GateSpec
}

/** Blocks that work on maps of one size. The first block may shrink them. */
export interface StageSpec {
  readonly blocks: readonly BlockSpec[]
}

/** The size of a network's pictures: channels, then height and width in pixels. */
export interface InputSpec {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** Any head. `HeadSpec` lists this package's heads; a table of heads can have others. */
export interface AnyHead {
  readonly kind: string
}

/** The layers after the last stage of a net that classifies. */
export interface ClassifierHead {
  readonly kind: 'classifier'
  /**
   * Whether there is a final norm and a ReLU after it (pre-activation nets). Global average pooling and the classifier
   * follow in any case.
   */
  readonly norm: boolean
  /**
   * Whether a ReLU comes before the pooling. Default: the value of `norm`. Nets of the order `relu-pre` end in a ReLU
   * alone.
   */
  readonly relu?: boolean
  /** At least 2; see `gives` for others. */
  readonly classes: number
  /**
   * For nets that tell no classes apart. `features`: there is no classifier, and the output is the mean of each map;
   * `classes` is 0. `value`: the classifier has one output, a number; `classes` is 1. Default: classes.
   */
  readonly gives?: 'features' | 'value'
  /** Outputs of a linear layer and a ReLU between the pooling and the classifier. Default: there is no such layer. */
  readonly hidden?: number
}

/**
 * The shortcut of a net that gives a picture. `none`: nothing is added. `input`: the input picture is added, so the net
 * learns what is missing from it [Kim 2016]. `stem`: the stem's output is added, after one more convolution and before
 * enlarging [Lim 2017].
 */
export const pictureShortcuts = ['none', 'input', 'stem'] as const
/** One of `pictureShortcuts`. */
export type PictureShortcut = (typeof pictureShortcuts)[number]

/**
 * The layers after the last stage of a net that gives a picture: 3x3 convolutions. The last one has the channels of the
 * input.
 */
export interface PictureHead {
  readonly kind: 'picture'
  /**
   * Factor by which the head enlarges, from 1 to 4, by convolutions and pixel shuffles (4 takes two of them, by 2
   * each).
   */
  readonly enlarge: number
  readonly shortcut: PictureShortcut
  /** Whether its convolutions have a bias. */
  readonly bias: boolean
}

/** The heads of this package. Their `kind` distinguishes them. */
export type HeadSpec = ClassifierHead | PictureHead
/** The kinds of heads of this package. */
export type HeadKind = HeadSpec['kind']

/** A whole network. The type names its head if it is known: `NetworkSpec<ClassifierHead>`. */
export interface NetworkSpec<H extends AnyHead = HeadSpec | AnyHead> {
  readonly format: 1
  readonly name: string
  readonly input: InputSpec
  readonly stem: readonly StemLayer[]
  readonly stages: readonly StageSpec[]
  readonly head: H
}
