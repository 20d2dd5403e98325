/**
 * Reads what `scripts/make-fixtures.py` wrote, and computes the first weights and the data that it computed: see there
 * for what the files hold.
 */
import { readFileSync } from 'node:fs'
import type { Graph } from '../../src/graph/graph.js'
import { cifarBasic, cifarBottleneck } from '../../src/spec/families.js'
import type { NetworkSpec } from '../../src/spec/spec.js'
import { completeRecipe } from '../../src/tasks/complete-recipe.js'
import type { StepSettings } from '../../src/train/step/step.js'
import { elements } from '../../src/util/shape.js'

interface Description {
  readonly seedName: string
  readonly block: 'basic' | 'bottleneck'
  readonly order: 'post' | 'pre'
  readonly shortcut: 'none' | 'pad' | 'project-on-change'
  readonly widths: [number, number, number]
  readonly size: [number, number]
  readonly batch: number
  readonly classes: number
  readonly labelSmoothing: number
  readonly lr: number
  readonly momentum: number
  readonly nesterov: boolean
  readonly weightDecay: number
  readonly decayOn: 'all' | 'weights'
  readonly losses: number[]
  readonly tensors: { readonly name: string; readonly shape: number[] }[]
}

export interface Fixture {
  readonly spec: NetworkSpec
  readonly settings: StepSettings
  readonly lr: number
  /** Of ten steps, each on a batch of its own. */
  readonly losses: readonly number[]
  /** `inferenceLogits`, before training; of the first step `logits`, `gradient/<parameter>`, `running/<buffer>`. */
  readonly tensors: ReadonlyMap<string, Float32Array>
  /** First values of a parameter or buffer. */
  initial(path: string, shape: readonly number[]): Float32Array
  pictures(step: number): Float32Array
  labels(step: number): Int32Array
}

export const fixtureNames = ['resnet8', 'plain8', 'preresnet8', 'bottleneck11', 'prebottleneck11'] as const

export function readFixture(name: (typeof fixtureNames)[number]): Fixture {
  const file = (extension: string) => new URL(`fixtures/${name}.${extension}`, import.meta.url)
  const description = JSON.parse(readFileSync(file('json'), 'utf8')) as Description
  const { seedName, block, order, shortcut, widths, size, batch, classes, lr, losses } = description
  const { momentum, nesterov, weightDecay, decayOn, labelSmoothing } = description
  const [height, width] = size
  const input = { channels: 3, height, width }
  const spec =
    block === 'basic'
      ? cifarBasic({ depth: 8, order, shortcut, widths, input, classes })
      : cifarBottleneck({ depth: 11, order, shortcut, widths, input, classes })
  return {
    spec,
    settings: completeRecipe({ batchSize: batch, momentum, nesterov, weightDecay, decayOn, labelSmoothing }),
    lr,
    losses,
    tensors: readTensors(file('bin'), description.tensors),
    initial: (path, shape) => {
      const [center, reach] = rangeOf(path, shape)
      return Float32Array.from(numbers(`${seedName}/${path}`, elements(shape)), (number) => center + reach * number)
    },
    pictures: (step) =>
      Float32Array.from(
        numbers(`${seedName}/pictures${step}`, batch * 3 * height * width),
        (number) => Math.sqrt(3) * number,
      ),
    labels: (step) =>
      Int32Array.from(numbers(`${seedName}/labels${step}`, batch), (number) =>
        Math.floor(((number + 1) * classes) / 2),
      ),
  }
}

/** The first values of all parameters and buffers of a graph. */
export function initialValues(fixture: Fixture, graph: Graph): Map<string, Float32Array> {
  return new Map(
    graph.inputs
      .filter(({ role }) => role === 'parameter' || role === 'buffer')
      .map(({ name, value }) => [name, fixture.initial(name, value.type.shape)]),
  )
}

function readTensors(url: URL, list: Description['tensors']): Map<string, Float32Array> {
  const bytes = new DataView(Uint8Array.from(readFileSync(url)).buffer)
  let at = 0
  return new Map(
    list.map(({ name, shape }) => [
      name,
      Float32Array.from({ length: elements(shape) }, () => {
        at += 4
        return bytes.getFloat32(at - 4, true)
      }),
    ]),
  )
}

/** Center and reach of a parameter's or buffer's first values. */
function rangeOf(path: string, shape: readonly number[]): [number, number] {
  const kind = path.slice(path.lastIndexOf('.') + 1)
  if (kind === 'weight') return [0, Math.sqrt(6 / elements(shape.slice(1)))]
  if (kind === 'scale') return [1, 0.25]
  if (kind === 'variance') return [1, 0.5]
  return [0, 0.25]
}

/** `count` numbers in [−1, 1), named by the text `key`. */
function numbers(key: string, count: number): Float64Array {
  let seed = 2166136261
  for (const letter of key) seed = Math.imul(seed ^ letter.charCodeAt(0), 16777619)
  return new Float64Array(count).map((_, i) => {
    let x = seed + Math.imul(i + 1, 0x9e3779b9)
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
    x ^= x >>> 15
    return (x >>> 0) / 2147483648 - 1
  })
}
