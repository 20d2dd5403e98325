/** The answers of a network for each picture of a set, and the figures of its classes. */
import { fillBatch } from '../../data/batches.js'
import { inputSize, type Pictures } from '../../data/dataset.js'
import type { Engine } from '../../engine/engine.js'
import type { TrainedNetwork } from '../../formats/trained-network.js'
import { compileGraph } from '../../inference/compile.js'
import { allFinite } from '../../inference/finite.js'
import { lostAnswers } from '../../inference/lost-numbers.js'
import { writeWeights } from '../../inference/weights.js'
import { forwardGraph } from '../../model/forward.js'
import type { Heads } from '../../model/heads/index.js'
import { exp } from '../../util/math.js'
import { expectFit } from './evaluator.js'

/** The answer for one picture. */
export interface Answer {
  /** The number of the picture in its set, from 0. */
  readonly index: number
  /** Class numbers: the true class, and the predicted class. */
  readonly truth: number
  readonly answer: number
  /** The probability of the predicted class, in [0, 1]. */
  readonly probability: number
}

/** The figures of one class. */
export interface ClassMetrics {
  readonly name: string
  /** The number of pictures of this class. */
  readonly count: number
  /** The share of its pictures that were recognised, in percent (recall). Undefined if there are none. */
  readonly recall: number | undefined
  /**
   * The share of correct pictures among those predicted as this class, in percent (precision). Undefined if there are
   * none.
   */
  readonly precision: number | undefined
}

/** The judgement of pictures with known classes. */
export interface Judgement {
  readonly answers: readonly Answer[]
  /** In percent. */
  readonly top1Error: number
  /** In percent: 100 less `top1Error`. */
  readonly accuracy: number
  /** `confusion[i][j]` is the number of pictures of class i that were predicted as class j. */
  readonly confusion: readonly (readonly number[])[]
  readonly classes: readonly ClassMetrics[]
}

/** The most pictures per run. */
const MOST_PICTURES = 16

export interface JudgeOptions {
  readonly signal?: AbortSignal | undefined
  /** The known kinds of heads; default: those of this package. */
  readonly heads?: Heads | undefined
}

/**
 * Computes the answers for pictures, prepared as in evaluation.
 * @throws LostNumbers when a logit is NaN or infinite
 */
export async function judge(
  engine: Engine,
  network: TrainedNetwork,
  pictures: Pictures,
  { signal, heads }: JudgeOptions = {},
): Promise<Judgement> {
  const { spec, preprocessing, weights } = network
  expectFit(spec, pictures)
  const size = Math.min(MOST_PICTURES, pictures.count)
  const graph = forwardGraph(spec, { batch: size, mode: 'inference', heads })
  const { channels, height, width } = inputSize(pictures)
  const batch = new Float32Array(size * channels * height * width)
  const labels = new Int32Array(size)
  const { normalisation } = preprocessing
  const answers: Answer[] = []
  const executable = await compileGraph(engine, graph)
  try {
    const inputs = graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
    writeWeights(executable, inputs, weights, spec.name)
    for (let first = 0; first < pictures.count; first += size) {
      signal?.throwIfAborted()
      const indices = Array.from({ length: size }, (_, i) => Math.min(first + i, pictures.count - 1))
      fillBatch(pictures, indices, batch, labels, { normalisation, seed: 0, epoch: 0 })
      executable.write('pictures', batch)
      await executable.run()
      const logits = await executable.read('logits')
      if (!allFinite(logits)) throw await lostAnswers(engine, { spec, weights, pictures: batch, heads })
      const classes = logits.length / size
      for (let i = 0; i < size && first + i < pictures.count; i++) {
        const row = logits.subarray(i * classes, (i + 1) * classes)
        answers.push({ index: first + i, truth: labels[i]!, ...best(row) })
      }
    }
  } finally {
    await executable.dispose()
  }
  return judgementOf(answers, preprocessing.classes)
}

/** The index of the largest logit (the first of equals), and its probability. */
function best(logits: Float32Array): { readonly answer: number; readonly probability: number } {
  let answer = 0
  for (let k = 1; k < logits.length; k++) if (logits[k]! > logits[answer]!) answer = k
  const total = logits.reduce((sum, logit) => sum + exp(logit - logits[answer]!), 0)
  return { answer, probability: 1 / total }
}

/** Sums up answers. */
export function judgementOf(answers: readonly Answer[], names: readonly string[]): Judgement {
  const confusion = names.map(() => names.map(() => 0))
  for (const { truth, answer } of answers) confusion[truth]![answer]! += 1
  const share = (part: number, whole: number) => (whole > 0 ? (100 * part) / whole : undefined)
  const classes = names.map((name, k): ClassMetrics => {
    const count = confusion[k]!.reduce((a, b) => a + b, 0)
    const taken = confusion.reduce((sum, row) => sum + row[k]!, 0)
    return { name, count, recall: share(confusion[k]![k]!, count), precision: share(confusion[k]![k]!, taken) }
  })
  const wrong = answers.filter(({ truth, answer }) => truth !== answer).length
  const top1Error = (100 * wrong) / answers.length
  return { answers, top1Error, accuracy: 100 - top1Error, confusion, classes }
}
