/**
 * The demonstration: four networks, plain and residual, 20 and 56 layers deep, trained side by side on the built-in
 * pictures with the same steps and seed. It asks whether more depth makes a plain net worse and leaves its residual
 * twin unharmed. [He 2015, figures 1 and 6]
 */

import { builtin } from '../../data/builtin/builtin.js'
import type { ChosenEngine } from '../../engine/engine.js'
import { type PresetName, preset } from '../../spec/presets.js'
import type { StepProgress } from '../../train/step/progress.js'
import type { Trainer } from '../../train/trainer.js'
import { ConfigError, TrainingError } from '../../util/errors.js'
import { callback, described, expectFields, finite, list } from '../../util/expect.js'
import { type ComputeOptions, engineOf, expectCompute, type OpenEngine } from '../engines/opening.js'
import { type DepthVerdict, depthVerdict, type FinalErrors, type Finals } from './depth-verdict.js'
import type { TrainingFunctions } from './training.js'

/** The recipe of the demonstration. It takes minutes and is long enough to show the effect. */
export const demoRecipe = {
  size: 16,
  pad: 2,
  batchSize: 64,
  steps: 600,
  lr: 0.1,
  // Deep nets fail at a learning rate of 0.1 from the first step on, so the rate rises first.
  schedule: 'one-cycle',
  stepsPerPoint: 50,
} as const

/** The nets of the demonstration, plain and residual. */
export const demoNets = [
  { preset: 'plain20', name: 'plain-20', kind: 'plain', depth: 20 },
  { preset: 'plain56', name: 'plain-56', kind: 'plain', depth: 56 },
  { preset: 'resnet20', name: 'ResNet-20', kind: 'residual', depth: 20 },
  { preset: 'resnet56', name: 'ResNet-56', kind: 'residual', depth: 56 },
] as const satisfies readonly {
  readonly preset: PresetName
  readonly name: string
  readonly kind: 'plain' | 'residual'
  readonly depth: number
}[]

/** One of `demoNets`. */
export type DemoNet = (typeof demoNets)[number]

/** A point of the curves. Errors in percent. */
export interface DemoPoint {
  readonly step: number
  /** Mean over the augmented training batches since the previous point. */
  readonly trainError: number
  /** The error on the whole test set. */
  readonly testError: number
}

/** The result of one net. */
export interface DemoCurve {
  readonly net: DemoNet
  readonly points: readonly DemoPoint[]
  readonly imagesPerSecond: number
  readonly weightHash: string
}

/** The result of the demonstration. */
export interface DemoResult {
  readonly steps: number
  readonly seed: number
  readonly engine: string
  readonly threads: number
  /** Seconds of wall clock, for training and evaluation. */
  readonly seconds: number
  readonly curves: readonly DemoCurve[]
  readonly verdict: DepthVerdict
}

/** Options and listeners of the demonstration. */
export interface DemoOptions extends ComputeOptions {
  /** Steps of each net. Default 600. */
  readonly steps?: number | undefined
  readonly seed?: number | undefined
  /** Called with the latest progress of the net that is training. */
  readonly onProgress?: (net: DemoNet, progress: StepProgress) => void
  /** Called after each evaluation of a net. */
  readonly onPoint?: (net: DemoNet, point: DemoPoint) => void
  /** Called before the first step. */
  readonly onStart?: (engine: ChosenEngine) => void
}

export type RunDemo = (options?: DemoOptions) => Promise<DemoResult>

/** The demonstration on the engines of one environment. */
export function demoFunction(openEngine: OpenEngine, { createTrainer }: TrainingFunctions): RunDemo {
  return async (options = {}) => {
    expectCompute(options, 'runDemo: options', { onProgress: callback, onPoint: callback, onStart: callback })
    const { steps = demoRecipe.steps, seed = 0, signal } = options
    if (!Number.isSafeInteger(steps) || steps < 1)
      throw new ConfigError(`steps: expected a whole number of at least 1, got ${described(steps)}`)
    const { engine, release } = await engineOf(openEngine, options)
    const racers: Racer[] = []
    try {
      const { size, pad, batchSize, lr, schedule } = demoRecipe
      const data = builtin({ size, seed })
      for (const net of demoNets) {
        const spec = preset(net.preset, {
          classes: data.classes.length,
          input: { channels: 3, height: size, width: size },
        })
        const recipe = { batchSize, steps, lr, schedule, seed, augmentation: { pad, flip: true } }
        racers.push({ net, trainer: await createTrainer(spec, data, recipe, { engine, signal }), points: [] })
      }
      options.onStart?.(engine)
      const began = performance.now()
      await race(racers, steps, options)
      const seconds = (performance.now() - began) / 1000
      const curves: DemoCurve[] = []
      for (const { net, trainer, points } of racers) {
        const { imagesPerSecond } = trainer
        curves.push({ net, points, imagesPerSecond, weightHash: await trainer.weightHash() })
      }
      const verdict = depthVerdict(
        Object.fromEntries(curves.map((curve) => [curve.net.preset, finalErrors(curve)])) as Finals,
      )
      return { steps, seed, engine: engine.build, threads: engine.threads, seconds, curves, verdict }
    } finally {
      for (const { trainer } of racers) await trainer.dispose()
      await release()
    }
  }
}

interface Racer {
  readonly net: DemoNet
  readonly trainer: Trainer<ChosenEngine>
  readonly points: DemoPoint[]
}

/** Trains the nets in turns, slice by slice, so that a viewer sees all of them learn at the same time. */
async function race(racers: readonly Racer[], steps: number, options: DemoOptions): Promise<void> {
  const slices = Math.max(Math.min(2, steps), Math.round(steps / demoRecipe.stepsPerPoint))
  for (let slice = 1; slice <= slices; slice++) {
    const until = Math.round((slice * steps) / slices)
    for (const racer of racers)
      await advance(racer, until, options).catch((error: unknown) => {
        throw error instanceof TrainingError ? new TrainingError(`${racer.net.name}, ${error.message}`) : error
      })
  }
}

/** Trains a net up to a step and evaluates it there. */
async function advance({ net, trainer, points }: Racer, until: number, options: DemoOptions): Promise<void> {
  const before = trainer.trained
  for await (const progress of trainer.steps(until - trainer.progress.step)) options.onProgress?.(net, progress)
  const { count, wrong } = trainer.trained
  const trainError = (100 * (wrong - before.wrong)) / (count - before.count)
  const point = { step: until, trainError, testError: (await trainer.evaluate()).top1Error }
  points.push(point)
  options.onPoint?.(net, point)
}

/** The last point of a curve. */
export function finalErrors(curve: Pick<DemoCurve, 'points'>): FinalErrors {
  expectFields(curve, 'finalErrors: curve', 'a curve of the demonstration, { points }', { points: list })
  const last = curve.points.at(-1) as DemoPoint // looked at next
  const fields = { trainError: finite, testError: finite }
  expectFields(last, 'finalErrors: curve.points, the last', '{ trainError, testError }', fields)
  return { train: last.trainError, test: last.testError }
}
