/**
 * The parts of a network that the names of its tensors say: stem, blocks with their branch and their shortcut, and what
 * stands at the end. Each part is recognised by itself, so that words of several authors may be mixed.
 */
import type { Shape } from '../../util/shape.js'

/** Words for the last part of a name, by ours. */
const tensorWords = /^(.+)\.(weight|bias|running_mean|running_var)$/

/** The block that a tensor belongs to. */
export interface Place {
  readonly stage: number
  readonly block: number
  /** The words after the block. */
  readonly inner: string
}

/** `layer1.0.conv1`, `stage1.block1.conv1`, `conv2_x.0.residual_function.0`, `res2.0.conv1`, `block1.layer.0.conv1`. */
const numbered =
  /^(?:layer|stage|res|block|group|conv)_?(\d{1,6})(?:_x)?\.(?:(?:layers?|blocks?)\.)?(?:block|unit|layer)?_?(\d{1,6})\.(.+)$/
/** `layers.0.0.conv1`, `stages.0.layers.0.layer.0.convolution`. */
const nested = /^(?:layers|stages|blocks|layer|stage|groups)\.(\d{1,6})\.(?:(?:layers?|blocks?)\.)?(\d{1,6})\.(.+)$/

/** The layer and the word of a tensor; undefined for other names. */
export function layerAndWord(name: string): [layer: string, word: string] | undefined {
  const [, layer, word] = tensorWords.exec(name) ?? []
  return layer === undefined || word === undefined ? undefined : [layer, word]
}

/** The block that a layer belongs to; undefined for those outside all blocks. */
export function placeOf(layer: string): Place | undefined {
  const [, stage, block, inner] = numbered.exec(layer) ?? nested.exec(layer) ?? []
  return inner === undefined ? undefined : { stage: Number(stage), block: Number(block), inner }
}

const shortcutWords =
  /^((i_|identity_)?down_?samples?|shortcuts?|skips?|skip_(connection|conv|path|layer)|identity(_conv|_mapping)?|conv_?shortcut|shortcut_(conv|bn|norm)|bn_shortcut|proj(ection)?(_\w+)?|residual_(conv|bn|layer)|conv_?(sc|skip|proj|res)|bn_?(sc|skip|proj)|match(_\w+)?|right|adapt(er)?)$/i
const layerWords =
  /^((conv|convolution|bn|norm|normali[sz]ation|batch_?norm|batch|gn|c|n|b|bn_?conv|conv_?bn)_?\d*_?[a-d]?(\d?x\d)?|[a-d]|\d+)$/i
const containers =
  /^(body|branch|residual(_(function|branch|block|path|function))?|left|main(_(path|branch))?|layers?|block|conv_?block\d*|convs?|double_conv|f|net|seq(uential)?|features|op|bottleneck|res|basic)$/i

/** The part of a block that the words after it say; undefined for words of no known part. */
export function partOfBlock(inner: string): 'branch' | 'shortcut' | undefined {
  const words = inner.split('.')
  if (words.some((word) => shortcutWords.test(word))) return 'shortcut'
  return words.every((word) => layerWords.test(word) || containers.test(word)) ? 'branch' : undefined
}

/** Layers before the first stage and at the end, by the form of their weight. */
export function formOf(weight: Shape | undefined, layer: string): 'conv' | 'norm' | 'linear' {
  if (weight?.length === 4) return 'conv'
  if (weight?.length === 2) return 'linear'
  if (weight === undefined && /conv(?!.*(bn|norm))/i.test(layer)) return 'conv'
  if (weight === undefined && /^(fc|linear|classifier|head)/i.test(layer)) return 'linear'
  return 'norm'
}

/** Layers outside all blocks that are no part of a plain network: projections of self-supervised nets, detectors. */
export const besideWords =
  /^(proj|predictor|prototypes|queue|fpn|rpn|roi_heads|aux|decoder|neck|rotation|decode_head|transformer|online_projector|bbox|mask)/i
/** Layers before the first stage. */
export const stemWords =
  /^(conv|stem|init|embedder|input|first|prep|pre|root|in_conv|initial|bn|norm|batch_?norm|features?|layer0|0$|0\.|1$)/i
/** A norm after the last stage. */
export const endWords = /^(bn|norm|.*(post|last|final|end|out).*)$/i
/** A layer that classifies. */
export const headWords =
  /^(fc|linear|classif|head|out|last_?linear|logits?|dense|final|pred|cls|top|lin|full|affine)|^\w*(fc|linear|classifier)\w*(\.|$)/i

/** Compares names so that numbers in them count as numbers. */
export function natural(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/(\d+)/))
  for (let i = 0; i < Math.min(left!.length, right!.length); i++) {
    const [x, y] = [left![i]!, right![i]!]
    if (x === y) continue
    const numbers = i % 2 === 1
    if (numbers && Number(x) !== Number(y)) return Number(x) - Number(y)
    return x < y ? -1 : 1
  }
  return left!.length - right!.length
}
