/** The graph of the head that gives a picture: 3x3 convolutions, with pixel shuffles between them if pictures grow. */
import { enlargements, picture as plain } from '../../spec/heads/picture.js'
import type { ConvLayer, PictureHead } from '../../spec/spec.js'
import { ShapeError } from '../../util/errors.js'
import { regressionLosses } from '../layers.js'
import type { ModelHead } from './head.js'

const [MERGE, LAST] = ['head.merge', 'head.conv'] as const
/** The mean squared difference between the pictures of a batch and their targets, which PSNR is computed from. */
export const SQUARES = 'squares'
const grows = (index: number) => `head.enlarge${index + 1}`

export const picture: ModelHead<PictureHead> = {
  ...plain,
  outputs: ['picture'],
  truths: ['targets'],
  losses: regressionLosses,
  addTruths: (layers, { input: { channels, height, width }, head: { enlarge } }, batch) => ({
    targets: layers.targets(batch, channels, height * enlarge, width * enlarge),
  }),
  build: (layers, head, { pictures, maps: [x, stem] }) => {
    const size = ({ type }: typeof pictures) => type.shape.slice(2).join('x')
    if (size(x!) !== size(pictures))
      throw new ShapeError(
        `head: a net that upscales pictures must keep their size until its head, got maps of ${size(x!)} for pictures of ` +
          `${size(pictures)}; leave out strides and pools`,
      )
    const width = x!.type.shape[1]!
    const conv = (path: string, value: typeof pictures, channels: number) => {
      const layer: ConvLayer = { kind: 'conv', width: channels, kernel: 3, bias: head.bias }
      return layers.conv(path, value, layer, 1)
    }
    let y = stem ? layers.add('head.join', conv(MERGE, x!, width), stem) : x!
    enlargements(head).forEach((factor, index) => {
      const channels = width * factor * factor
      y = layers.pixelShuffle(`head.shuffle${index + 1}`, conv(grows(index), y, channels), factor)
    })
    y = conv(LAST, y, pictures.type.shape[1]!)
    return { picture: head.shortcut === 'input' ? layers.add('head.add', y, pictures) : y }
  },
  addLoss: (layers, outputs, { targets }, { lossName }) =>
    layers.regressionLoss('loss', outputs.picture!, targets!, lossName),
  figures: {
    names: [SQUARES],
    add: (layers, outputs, { targets }) => ({
      [SQUARES]: layers.regressionLoss(SQUARES, outputs.picture!, targets!, 'squared'),
    }),
  },
  // Variance 1 / fan-in, because no ReLU follows and few channels go out.
  deviation: (head, path, [, inputs, height, width]) => {
    const own = [MERGE, LAST, ...enlargements(head).map((_, index) => grows(index))]
    return own.some((layer) => path === `${layer}.weight`) ? Math.sqrt(1 / (inputs! * height! * width!)) : undefined
  },
  // The convolution before the addition. With a shortcut from the input, the whole net is one residual branch.
  zeroed: ({ shortcut }) => (shortcut === 'none' ? [] : [shortcut === 'input' ? `${LAST}.weight` : `${MERGE}.weight`]),
  lastLayers: () => [LAST],
  lone: () => undefined,
  axes: (head) => ({
    pictures: ['batch', undefined, 'height', 'width'],
    outputs: {
      picture: [
        'batch',
        undefined,
        ...(enlargements(head).length > 0 ? ['enlarged_height', 'enlarged_width'] : ['height', 'width']),
      ],
    },
  }),
}
