/** The end of a network as graph: a classifier, or what makes a picture. */
import type { Value } from '../graph/graph.js'
import { enlargements } from '../spec/heads.js'
import type { ClassifierHead, ConvLayer, NetworkSpec, PictureHead } from '../spec/spec.js'
import { ShapeError } from '../util/errors.js'
import type { LayerBuilder } from './layers.js'

/**
 * Adds the head; returns logits [batch, classes] or pictures [batch, channels, height, width].
 * @param pictures what the network reads
 * @param x what left the last stage
 */
export function addHead(layers: LayerBuilder, { head }: NetworkSpec, pictures: Value, x: Value): Value {
  return 'kind' in head ? addPicture(layers, head, pictures, x) : addClassifier(layers, head, x)
}

function addClassifier(layers: LayerBuilder, { norm, relu = norm, classes }: ClassifierHead, x: Value): Value {
  const normed = norm ? layers.norm('head.norm', x) : x
  const features = relu ? layers.relu('head.relu', normed) : normed
  return layers.classifier('head.classifier', layers.globalAveragePool('head.pool', features), classes)
}

function addPicture(layers: LayerBuilder, head: PictureHead, pictures: Value, x: Value): Value {
  const size = (value: Value) => value.type.shape.slice(2).join('x')
  if (size(x) !== size(pictures))
    throw new ShapeError(
      `head: a net that gives pictures must keep their size until its head, got maps of ${size(x)} for pictures of ` +
        `${size(pictures)}; leave out strides and pools`,
    )
  const width = x.type.shape[1]!
  const conv = (path: string, value: Value, channels: number) => {
    const layer: ConvLayer = { kind: 'conv', width: channels, kernel: 3, bias: head.bias }
    return layers.conv(path, value, layer, 1)
  }
  let y = x
  if (head.shortcut === 'stem') y = layers.add('head.join', conv('head.merge', y, width), layers.results.get('stem')!)
  enlargements(head).forEach((factor, index) => {
    const channels = width * factor * factor
    y = layers.pixelShuffle(`head.shuffle${index + 1}`, conv(`head.enlarge${index + 1}`, y, channels), factor)
  })
  y = conv('head.conv', y, pictures.type.shape[1]!)
  return head.shortcut === 'input' ? layers.add('head.add', y, pictures) : y
}
