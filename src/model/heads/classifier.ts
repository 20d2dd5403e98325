/** The graph of the head that classifies: norm and ReLU if it has them, global average pooling, the classifier. */
import { classifier as plain } from '../../spec/heads/classifier.js'
import type { ClassifierHead } from '../../spec/spec.js'
import type { ModelHead } from './head.js'

const CLASSIFIER = 'head.classifier'
/** Standard deviation of fresh weights. */
const DEVIATION = 0.01

export const classifier: ModelHead<ClassifierHead> = {
  ...plain,
  outputs: ['logits'],
  truths: ['labels'],
  losses: ['cross-entropy'],
  addTruths: (layers, _, batch) => ({ labels: layers.labels(batch) }),
  build: (layers, { norm, relu = norm, classes }, { maps: [x] }) => {
    const normed = norm ? layers.norm('head.norm', x!) : x!
    const features = relu ? layers.relu('head.relu', normed) : normed
    return { logits: layers.linear(CLASSIFIER, layers.globalAveragePool('head.pool', features), classes) }
  },
  addLoss: (layers, { logits }, { labels }, { labelSmoothing = 0 }) =>
    layers.loss('loss', logits!, labels!, labelSmoothing),
  deviation: (_, path) => (path === `${CLASSIFIER}.weight` ? DEVIATION : undefined),
  zeroed: () => [],
  lastLayers: () => [CLASSIFIER],
  axes: () => ({ pictures: ['batch'], outputs: { logits: ['batch'] } }),
}
