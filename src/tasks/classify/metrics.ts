/** Cross-entropy and top-1 error of logits, summed over pictures. */
import { exp, ln } from '../../util/math.js'

/** The share of `wrong` in `count`, in percent. */
export function percent(wrong: number, count: number): number {
  return (100 * wrong) / count
}

/**
 * The number of rows, among the first `count` of logits [.., classes], whose largest value (the first of equals) is at
 * the label.
 */
export function countCorrect(logits: Float32Array, labels: Int32Array, classes: number, count: number): number {
  let correct = 0
  for (let row = 0; row < count; row++) {
    const at = row * classes
    let best = 0
    for (let k = 1; k < classes; k++) if (logits[at + k]! > logits[at + best]!) best = k
    if (best === labels[row]) correct++
  }
  return correct
}

/** Sum over the first `count` rows of −ln softmax(logits)[label], in float64. */
export function crossEntropySum(logits: Float32Array, labels: Int32Array, classes: number, count: number): number {
  let total = 0
  for (let row = 0; row < count; row++) {
    const values = logits.subarray(row * classes, (row + 1) * classes)
    const largest = values.reduce((a, b) => Math.max(a, b))
    const sum = values.reduce((partial, value) => partial + exp(value - largest), 0)
    total += ln(sum) + largest - values[labels[row]!]!
  }
  return total
}
