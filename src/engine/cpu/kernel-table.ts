/**
 * The one table of CPU kernels: names and arguments, in order. The C++ argument structs and the dispatch are generated
 * from it (`scripts/generate-kernels.mjs`), and lowering writes tape instructions through it, so a signature is written
 * once.
 *
 * A tape is a Float64Array of instructions: the kernel's number, then its arguments. Tensor arguments are offsets in
 * floats from the start of the arena; −1 stands for a tensor that is left out. The others are whole numbers, flags (0,
 * 1) or plain numbers. `kindOf` tells which, and backends check every word of a tape against it before they run one.
 *
 * Layouts: `blocked` is [N][⌈C/16⌉][H][W][16], where channels beyond C are zero. `plain` is NCHW. Vectors of one value
 * per channel are padded with zeros to a multiple of 16. Conv weights are [⌈O/16⌉][⌈I/16⌉][KH][KW][16 i][16 o]; if the
 * conv reads plain input, [⌈O/16⌉][I][KH][KW][16 o]; with groups, see `groups.ts`. Linear weights and matrices are
 * plain. i32 data is stored as 32-bit ints.
 */

/** Sizes of a convolution: batch, input, output, kernel, stride, padding, dilation, groups. */
const geometry = [
  'n',
  'c',
  'h',
  'w',
  'o',
  'oh',
  'ow',
  'kh',
  'kw',
  'sh',
  'sw',
  'ph',
  'pw',
  'dh',
  'dw',
  'groups',
] as const
/** A norm that is applied to a convolution's input while it is read; scale is −1 if there is none. */
const norm = ['scale', 'shift', 'mean', 'variance', 'epsilon', 'normalise_relu'] as const
/** The first half of the backward pass over a norm, see reduce_norm_gradient; sums is −1 if there is none. */
const reduction = [
  'normed',
  'mask',
  'sums',
  'norm_scale',
  'norm_shift',
  'norm_mean',
  'norm_variance',
  'norm_epsilon',
] as const
const winograd = ['n', 'c', 'h', 'w', 'o', 'oh', 'ow', 'ph', 'pw'] as const
const pool = ['n', 'c', 'h', 'w', 'oh', 'ow', 'kh', 'kw', 'sh', 'sw', 'ph', 'pw'] as const
const pad = ['n', 'c', 'h', 'w', 'o', 'oh', 'ow', 'sh', 'sw', 'before'] as const

// biome-ignore format: a kernel takes a line or two, not a line per argument
export const kernels = {
  // Convolution. y = conv(x, weight) [+ bias] [+ addend] [then ReLU]. An image is cut into `bands` of output rows; band
  // b holds rows ⌊b·oh/bands⌋ to ⌊(b+1)·oh/bands⌋. With `statistics`, each band writes the mean and the sum of squared
  // deviations of its outputs: [n · bands][2][channels]. With a `norm`, it convolves the normalised x.
  conv2d: ['x', 'weight', 'y', 'bias', 'addend', 'relu', 'statistics', ...norm, ...geometry, 'bands'],
  conv2d_plain: ['x', 'weight', 'y', 'bias', 'addend', 'relu', 'statistics', ...geometry, 'bands'],
  // dx = [addend +] the input gradient; `weight` is the transposed form [⌈I/16⌉][⌈O/16⌉][KH][KW][16 o][16 i].
  // With a `reduction`, dx is masked, and the sums of band b of image i go to part i · bands + b.
  conv2d_input_gradient: ['dy', 'weight', 'dx', 'addend', ...reduction, ...geometry, 'bands'],
  // Partial sums of the weight gradient. The batch is cut into `chunks` of images, the output blocks into `parts`.
  // Chunk k writes [weight size] floats at partials + k · weight size.
  conv2d_weight_gradient: ['x', 'dy', 'partials', ...norm, ...geometry, 'chunks', 'parts'],
  conv2d_weight_gradient_plain: ['x', 'dy', 'partials', ...geometry, 'chunks', 'parts'],
  // The same by Winograd F(4x4, 3x3), for 3x3 kernels with stride 1; `weight` is the transformed form
  // [36][⌈O/16⌉][⌈I/16⌉ · 16][16]. The input gradient is a convolution of dy with flipped transposed weights. Bands are
  // rows of 4x4 tiles; with `statistics` there is only one.
  winograd_weight: ['weight', 'y', 'oblocks', 'iblocks', 'flip'],
  conv2d_winograd: [
    'x', 'weight', 'y', 'bias', 'addend', 'relu', 'statistics', ...norm, ...reduction, ...winograd, 'bands',
  ],
  conv2d_weight_gradient_winograd: ['x', 'dy', 'partials', ...norm, ...winograd, 'chunks'],
  // The same with operands rounded to bfloat16, only if the addon has a unit for them. `weight` is packed by block of
  // 16 columns, plane of 32 rows (16 if there are no more) and tap, each [rows / 2][16][2] bfloat16. Columns are output
  // channels and rows input channels; transposed, for the input gradient, the other way round.
  pack_bf16_weight: ['weight', 'y', 'oblocks', 'iblocks', 'taps', 'transposed'],
  conv2d_bf16: ['x', 'weight', 'y', 'addend', 'statistics', ...norm, ...geometry, 'bands'],
  conv2d_input_gradient_bf16: ['dy', 'weight', 'dx', 'addend', ...reduction, ...geometry, 'bands'],
  conv2d_weight_gradient_bf16: ['x', 'dy', 'partials', ...norm, ...geometry, 'chunks', 'parts'],
  // y = sum of `chunks` partials of `count` floats each, in order.
  sum_partials: ['partials', 'y', 'count', 'chunks'],
  transpose_weight: ['weight', 'y', 'oblocks', 'iblocks', 'taps'],
  // The same for more than one group. In a weight gradient, channels of different groups become zero.
  transpose_grouped_weight: ['weight', 'y', 'o', 'c', 'taps', 'groups'],
  keep_groups: ['weight', 'o', 'c', 'taps', 'groups'],
  // weight' = weight · scale / sqrt(variance + epsilon), bias = shift − mean · scale / sqrt(variance + epsilon);
  // `inner` is the number of 16-float rows in an output block.
  fold_batch_norm: ['weight', 'scale', 'shift', 'mean', 'variance', 'folded', 'bias', 'epsilon', 'oblocks', 'inner'],

  // Batch norm, blocked. Statistics are laid out as conv2d writes them, one band per image.
  image_statistics: ['x', 'statistics', 'n', 'c', 'size'],
  // Merges statistics (float64, in image and band order) into mean and biased variance.
  merge_statistics: ['statistics', 'mean', 'variance', 'c', 'n', 'bands', 'oh', 'ow'],
  // y = scale · (x − mean) / sqrt(variance + epsilon) + shift [then ReLU if normalise_relu] [+ addend, then ReLU if relu].
  normalise: ['x', 'y', 'addend', 'relu', ...norm, 'n', 'c', 'size'],
  // dz = dy masked by the ReLU after the norm. The mask comes from the norm's output `mask`; if that is −1, from the
  // norm of `normed`; if norm_scale is −1 too, there is none. dz is stored unless it is −1. Each of `parts` parts
  // (images, or bands of them) writes its sums of dz and of dz · (normed − mean): sums [parts][2][channels].
  reduce_norm_gradient: ['dy', 'dz', ...reduction, 'n', 'c', 'size'],
  // dshift = Σ dz, dscale = Σ dz · (x − mean) / sqrt(variance + epsilon); float64, part by part.
  merge_norm_gradient: ['sums', 'variance', 'dscale', 'dshift', 'epsilon', 'parts', 'c'],
  // training: dx = scale · r · (dz − dshift / M − (x − mean) · r · dscale / M), r = 1 / sqrt(variance + epsilon), M = n · size;
  // else dx = scale · r · dz. In both cases [+ addend].
  apply_norm_gradient: [
    'dz', 'x', 'dx', 'addend', 'scale', 'mean', 'variance', 'dscale', 'dshift', 'epsilon', 'training', 'n', 'c', 'size',
  ],
  // next = (1 − momentum) · running + momentum · correction · batch
  running_average: ['running', 'batch', 'next', 'momentum', 'correction', 'count'],

  // The bias of a convolution, blocked, and sums of the pixels of each picture: partials [n][channels].
  add_bias: ['x', 'bias', 'y', 'n', 'c', 'size'],
  sum_pixels: ['x', 'partials', 'n', 'c', 'size'],

  // Elementwise over any layout.
  relu: ['x', 'y', 'count'],
  relu_gradient: ['dy', 'y', 'dx', 'count'],
  add: ['a', 'b', 'y', 'count'],
  scale: ['x', 'y', 'factor', 'count'],
  multiply: ['a', 'b', 'y', 'count'],
  sigmoid: ['x', 'y', 'count'],
  sigmoid_gradient: ['dy', 'y', 'dx', 'count'],
  softplus: ['x', 'y', 'count'],
  fill: ['y', 'value', 'count'],
  // If the float at `guard` is not finite, sgd and adam only copy.
  sgd: [
    'parameter', 'gradient', 'velocity', 'lr', 'guard', 'next_parameter', 'next_velocity', 'momentum', 'weight_decay',
    'nesterov', 'count',
  ],
  // `step` is an i32 scalar, from 0.
  adam: [
    'parameter', 'gradient', 'mean', 'square', 'lr', 'step', 'guard', 'next_parameter', 'next_mean', 'next_square',
    'beta1', 'beta2', 'epsilon', 'weight_decay', 'decoupled', 'count',
  ],
  // clip_by_norm: clipped = gradient · min(1, limit / (norm + 1e-6)). clip_by_rate: gradient clamped to ± limit / lr.
  clip_by_norm: ['gradient', 'norm', 'clipped', 'limit', 'count'],
  clip_by_rate: ['gradient', 'lr', 'clipped', 'limit', 'count'],

  // Sums in float64. A vector is cut into `parts`; each writes one double at partials + 2 · part. `add_parts` adds
  // these in order: y = factor · sum, or its square root.
  sum_of_squares: ['x', 'partials', 'count', 'parts'],
  l1_loss: ['a', 'b', 'partials', 'count', 'parts'],
  squared_error: ['a', 'b', 'partials', 'count', 'parts'],
  add_parts: ['partials', 'y', 'parts', 'factor', 'root'],
  // dprediction = factor · dloss · sign(prediction − target); for squares, the difference instead of its sign.
  l1_loss_gradient: ['dloss', 'prediction', 'target', 'dprediction', 'factor', 'count'],
  squared_error_gradient: ['dloss', 'prediction', 'target', 'dprediction', 'factor', 'count'],

  // y = 0 where the hash of (key, step, row, element) is below the threshold, else factor · x. Granularity: 0 element,
  // 1 row, 2 batch. Elements are numbered as in NCHW. `dropout` is blocked, `dropout_rows` plain [n][length].
  dropout: ['x', 'step', 'y', 'key', 'threshold', 'factor', 'granularity', 'n', 'c', 'size'],
  // y = x + factor · (the sum of the bytes of the same hash, less 510), blocked.
  add_noise: ['x', 'step', 'y', 'key', 'factor', 'n', 'c', 'size'],
  dropout_rows: ['x', 'step', 'y', 'key', 'threshold', 'factor', 'granularity', 'n', 'length'],

  // Moving elements, blocked. clear_lanes writes zeros beyond the c channels.
  clear_lanes: ['y', 'n', 'c', 'size'],
  // Copies x's c channels to y, which has o, from channel `before` on. Later channels become zero, earlier ones stay.
  concatenate: ['x', 'y', 'n', 'c', 'o', 'size', 'before'],
  // Between [n, c · factor², h, w] and [n, c, h · factor, w · factor].
  pixel_shuffle: ['x', 'y', 'n', 'c', 'h', 'w', 'factor'],
  pixel_unshuffle: ['x', 'y', 'n', 'c', 'h', 'w', 'factor'],
  // From maps of h x w to oh x ow. The gradient goes back.
  resize: ['x', 'y', 'n', 'c', 'h', 'w', 'oh', 'ow', 'cubic', 'antialias'],
  resize_gradient: ['dy', 'dx', 'n', 'c', 'h', 'w', 'oh', 'ow', 'cubic', 'antialias'],

  // Pooling and shortcuts, blocked. max: padding is −infinity, the gradient goes to the first largest in row order.
  // average: divides by kh · kw, padding counts as zeros. global: from blocked to plain [n][c], and back.
  max_pool: ['x', 'y', ...pool],
  max_pool_gradient: ['dy', 'x', 'dx', ...pool],
  average_pool: ['x', 'y', ...pool],
  average_pool_gradient: ['dy', 'dx', ...pool],
  global_average_pool: ['x', 'y', 'n', 'c', 'size'],
  global_average_pool_gradient: ['dy', 'dx', 'n', 'c', 'size'],
  // y's channel ch + before = x's channel ch at every (sh, sw)-th pixel, zero elsewhere. x has c channels, y has o.
  pad_shortcut: ['x', 'y', ...pad],
  pad_shortcut_gradient: ['dy', 'dx', ...pad],

  // Classifier and loss, plain. x [n][i], weight [o][i], y [n][o].
  linear: ['x', 'weight', 'bias', 'y', 'n', 'i', 'o'],
  linear_input_gradient: ['dy', 'weight', 'dx', 'n', 'i', 'o'],
  linear_weight_gradient: ['x', 'dy', 'dweight', 'n', 'i', 'o'],
  sum_rows: ['x', 'y', 'n', 'o'],
  // `rows` is room for n floats.
  softmax_cross_entropy: ['logits', 'labels', 'loss', 'rows', 'smoothing', 'n', 'k'],
  softmax_cross_entropy_gradient: ['dloss', 'logits', 'labels', 'dlogits', 'smoothing', 'n', 'k'],

  // For benchmarks: each part does `count` multiply-adds s · factor + addend in registers (a multiple of 192, or a few
  // less) and writes a register of sums at y + 16 · part.
  multiply_adds: ['y', 'factor', 'addend', 'count', 'parts'],
} as const satisfies Record<string, readonly string[]>

export type KernelName = keyof typeof kernels
export const kernelNames = Object.keys(kernels) as KernelName[]

/**
 * The kinds of arguments: `tensor` is an offset in the arena, or −1; `size` a whole number of at least 1; `whole` a
 * whole number of any sign (padding, position, flag); `bits` a 32-bit word; `number` any number. Their first letters
 * differ.
 */
export type ArgumentKind = 'tensor' | 'size' | 'whole' | 'bits' | 'number'

// biome-ignore format: lists of names
const kinds: Readonly<Record<Exclude<ArgumentKind, 'tensor'>, readonly string[]>> = {
  size: [
    'n', 'c', 'h', 'w', 'o', 'oh', 'ow', 'kh', 'kw', 'sh', 'sw', 'dh', 'dw', 'groups', 'bands', 'chunks', 'parts', 'i', 'k',
    'oblocks', 'iblocks', 'taps', 'count', 'size', 'inner', 'length',
  ],
  whole: [
    'ph', 'pw', 'before', 'granularity', 'relu', 'normalise_relu', 'flip', 'transposed', 'nesterov', 'decoupled', 'training',
    'root', 'cubic', 'antialias',
  ],
  bits: ['key', 'threshold'],
  number: [
    'epsilon', 'norm_epsilon', 'momentum', 'correction', 'factor', 'value', 'weight_decay', 'beta1', 'beta2', 'limit',
    'smoothing',
  ],
}

/** The kind of an argument of a kernel. Names mean the same in all kernels except these two. */
export function kindOf(kernel: KernelName, argument: string): ArgumentKind {
  if (argument === 'factor' && kernel.startsWith('pixel_')) return 'size'
  if (argument === 'addend' && kernel === 'multiply_adds') return 'number'
  const listed = Object.entries(kinds).find(([, names]) => names.includes(argument))
  return (listed?.[0] ?? 'tensor') as ArgumentKind
}
