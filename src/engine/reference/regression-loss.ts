/** Mean absolute difference and mean squared difference, and their gradients. */
import type { Kernel } from './tensor.js'

type Nothing = Record<never, never>

export const l1Loss: Kernel<Nothing> = ([prediction, target], [loss]) => {
  const differences = prediction.data.map((value, i) => Math.abs(value - target.data[i]!))
  loss.data[0] = mean(differences)
}

export const l1LossGradient: Kernel<Nothing> = ([dloss, prediction, target], [dprediction]) => {
  const count = prediction.data.length
  for (let i = 0; i < count; i++)
    dprediction.data[i] = (dloss.data[0] * Math.sign(prediction.data[i] - target.data[i])) / count
}

export const squaredError: Kernel<Nothing> = ([prediction, target], [loss]) => {
  const squares = prediction.data.map((value, i) => (value - target.data[i]!) ** 2)
  loss.data[0] = mean(squares)
}

export const squaredErrorGradient: Kernel<Nothing> = ([dloss, prediction, target], [dprediction]) => {
  const count = prediction.data.length
  for (let i = 0; i < count; i++)
    dprediction.data[i] = (dloss.data[0] * 2 * (prediction.data[i] - target.data[i])) / count
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
