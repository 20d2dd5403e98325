/** The built-in pictures in two halves for tests of fine-tuning: classes to learn first, and others to learn after. */
import { builtin, type Dataset, type Pictures } from '../../src/internal.js'

export const SIZE = 16
const all = builtin({ size: SIZE, train: 3000, test: 500 })

/** Pictures of some classes, renumbered, up to `most` of each. */
function only(pictures: Pictures<Uint8Array>, labels: readonly number[], most: number): Pictures<Uint8Array> {
  const bytes = 3 * SIZE * SIZE
  const seen = labels.map(() => 0)
  const indices = [...pictures.labels.keys()].filter((index) => {
    const label = labels.indexOf(pictures.labels[index]!)
    if (label >= 0) seen[label]! += 1
    return label >= 0 && seen[label]! <= most
  })
  const pixels = new Uint8Array(indices.length * bytes)
  indices.forEach((index, i) => {
    pixels.set(pictures.pixels.subarray(index * bytes, (index + 1) * bytes), i * bytes)
  })
  const own = Uint8Array.from(indices, (index) => labels.indexOf(pictures.labels[index]!))
  return { ...pictures, count: indices.length, pixels, labels: own }
}

function of(labels: readonly number[], most: number): Dataset<Uint8Array> {
  const classes = labels.map((label) => all.classes[label]!)
  return { ...all, classes, train: only(all.train, labels, most), test: only(all.test, labels, 1000) }
}

/** Seven of the ten classes. */
export const sevenShapes = of([0, 1, 2, 3, 4, 5, 6], 1000)
/** The three others, 30 pictures of each. */
export const threeShapes = of([7, 8, 9], 30)
