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
  hidden: 'head.hidden',
  hiddenRelu: 'head.hiddenRelu',
  classifier: 'head.classifier',
} as const
const {
  norm: NORM,
  relu: RELU,
  pool: POOL,
  hidden: HIDDEN,
  hiddenRelu: HIDDEN_RELU,
  classifier: CLASSIFIER,
} = classifierLayers
/** Deviation of fresh weights. */
const DEVIATION = 0.01

export const classifier: ModelHead<ClassifierHead> = {
  ...plain,
  outputs: ['logits'],
  truths: ['labels'],
  losses: ['cross-entropy'],
  addTruths: (layers, _, batch) => ({ labels: layers.labels(batch) }),
  build: (layers, { norm, relu = norm, classes, gives, hidden }, { maps: [x] }) => {
    const normed = norm ? layers.norm(NORM, x!) : x!
    const features = relu ? layers.relu(RELU, normed) : normed
    const pooled = layers.globalAveragePool(POOL, features)
    if (gives === 'features') return { logits: pooled }
    const read = hidden === undefined ? pooled : layers.relu(HIDDEN_RELU, layers.linear(HIDDEN, pooled, hidden))
    return { logits: layers.linear(CLASSIFIER, read, classes) }
  },
  addLoss: (layers, { logits }, { labels }, { labelSmoothing = 0 }) =>
    layers.loss('loss', logits!, labels!, labelSmoothing),
  deviation: (_, path) => (path === `${CLASSIFIER}.weight` ? DEVIATION : undefined),
  zeroed: () => [],
  lastLayers: ({ gives }) => (gives === 'features' ? [] : [CLASSIFIER]),
  lone: ({ norm, classes, gives, hidden }) =>
    gives === undefined && hidden === undefined
      ? { name: 'its classifier', at: POOL, head: { kind: 'classifier', norm: false, classes }, isAll: !norm }
      : undefined,
  axes: () => ({ pictures: ['batch'], outputs: { logits: ['batch'] } }),
}
