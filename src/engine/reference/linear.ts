/** The fully connected layer and its gradients. */
import { type Kernel, sizes2 } from './tensor.js'

export const linear: Kernel<Record<never, never>> = ([x, weight, bias], [y]) => {
  const [rows, features] = sizes2(x)
  const [outputs] = sizes2(weight)
  for (let n = 0; n < rows; n++)
    for (let o = 0; o < outputs; o++) {
      let sum = bias.data[o]
      for (let i = 0; i < features; i++) sum += x.data[n * features + i] * weight.data[o * features + i]
      y.data[n * outputs + o] = sum
    }
}

export const linearInputGradient: Kernel<Record<never, never>> = ([dy, weight], [dx]) => {
  const [rows, features] = sizes2(dx)
  const [outputs] = sizes2(weight)
  for (let n = 0; n < rows; n++)
    for (let i = 0; i < features; i++) {
      let sum = 0
      for (let o = 0; o < outputs; o++) sum += dy.data[n * outputs + o] * weight.data[o * features + i]
      dx.data[n * features + i] = sum
    }
}

export const linearWeightGradient: Kernel<Record<never, never>> = ([x, dy], [dweight]) => {
  const [rows, features] = sizes2(x)
  const [outputs] = sizes2(dweight)
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < features; i++) {
      let sum = 0
      for (let n = 0; n < rows; n++) sum += dy.data[n * outputs + o] * x.data[n * features + i]
      dweight.data[o * features + i] = sum
    }
}

export const sumRows: Kernel<Record<never, never>> = ([x], [y]) => {
  const [rows, columns] = sizes2(x)
  y.data.fill(0)
  for (let n = 0; n < rows; n++) for (let o = 0; o < columns; o++) y.data[o] += x.data[n * columns + o]
}
