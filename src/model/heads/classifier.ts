/** The graph of the head that classifies: norm and ReLU if it has them, global average pooling, the classifier. */
import { classifier as plain } from '../../spec/heads/classifier.js'
import type { ClassifierHead } from '../../spec/spec.js'
import type { ModelHead } from './head.js'

/** Its layers by path, in the order in which they come. */
export const classifierLayers = {
  norm: 'head.norm',
  relu: 'head.relu',
  /** Global average pooling: the features of a picture. */
  pool: 'head.pool',
  classifier: 'head.classifier',
} as const
const { norm: NORM, relu: RELU, pool: POOL, classifier: CLASSIFIER } = classifierLayers
/** Deviation of fresh weights. */
const DEVIATION = 0.01

export const classifier: ModelHead<ClassifierHead> = {
  ...plain,
  outputs: ['logits'],
  truths: ['labels'],
  losses: ['cross-entropy'],
  addTruths: (layers, _, batch) => ({ labels: layers.labels(batch) }),
  build: (layers, { norm, relu = norm, classes }, { maps: [x] }) => {
    const normed = norm ? layers.norm(NORM, x!) : x!
    const features = relu ? layers.relu(RELU, normed) : normed
    return { logits: layers.linear(CLASSIFIER, layers.globalAveragePool(POOL, features), classes) }
  },
  addLoss: (layers, { logits }, { labels }, { labelSmoothing = 0 }) =>
    layers.loss('loss', logits!, labels!, labelSmoothing),
  deviation: (_, path) => (path === `${CLASSIFIER}.weight` ? DEVIATION : undefined),
  zeroed: () => [],
  lastLayers: () => [CLASSIFIER],
  lone: ({ norm, classes }) => ({
    name: 'its classifier',
    at: POOL,
    head: { kind: 'classifier', norm: false, classes },
    isAll: !norm,
  }),
  axes: () => ({ pictures: ['batch'], outputs: { logits: ['batch'] } }),
}
