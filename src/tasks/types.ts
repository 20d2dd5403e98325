/** The figures of trainings and evaluations, by the task of the network. */

import type { Plane } from '../data/bicubic.js'
import type { Dataset, Pictures } from '../data/dataset.js'
import type { Network } from '../inference/network.js'
import type { Classifier } from './classify/classifier.js'
import type { ClassifyingEvaluation, ClassifyingScore } from './classify/scores.js'
import type { UpscalingData } from './upscale/data.js'
import type { UpscalingEvaluation, UpscalingQuality, UpscalingScore } from './upscale/scores.js'
import type { Upscaler } from './upscale/upscaler.js'

/** The default types of a task of your own. */
export interface OwnTaskTypes {
  readonly data: { readonly name: string }
  readonly pictures: unknown
  readonly sums: { readonly loss: number }
  readonly score: { readonly loss: number }
  readonly evaluation: object
  readonly tested: object
  readonly reported: object
  readonly best: { readonly epoch: number }
  readonly told: object
  readonly network: Network
}

/** The types of each task, by its name. */
export interface TaskTypes {
  readonly [own: string]: OwnTaskTypes
  classify: {
    readonly data: Dataset
    readonly pictures: Pictures
    /** Sums over pictures: losses, and wrong answers. */
    readonly sums: { readonly loss: number; readonly wrong: number; readonly count: number }
    readonly score: ClassifyingScore
    readonly evaluation: ClassifyingEvaluation
    readonly tested: ClassifyingScore
    readonly reported: ClassifyingScore & Pick<ClassifyingEvaluation, 'accuracy'>
    readonly best: { readonly epoch: number; readonly top1Error: number }
    readonly told: { readonly top1Error: number; readonly epochTop1Error: number }
    readonly network: Classifier
  }
  upscale: {
    readonly data: UpscalingData
    readonly pictures: readonly Plane<Uint8Array>[]
    /** Sums over patches: losses, and mean squared errors of values from 0 to 255. */
    readonly sums: { readonly loss: number; readonly squares: number; readonly count: number }
    readonly score: UpscalingScore
    readonly evaluation: UpscalingEvaluation
    readonly tested: UpscalingQuality
    readonly reported: UpscalingQuality
    readonly best: { readonly epoch: number; readonly psnr: number }
    readonly told: { readonly psnr: number; readonly epochPsnr: number }
    readonly network: Upscaler
  }
}

/** The data that a network of a task learns from. */
export type DataOf<T extends string> = TaskTypes[T]['data']
/** One part of the data, such as its test part. */
export type PicturesOf<T extends string> = TaskTypes[T]['pictures']
/** Sums over the pictures of some steps. */
export type SumsOf<T extends string> = TaskTypes[T]['sums']
/** The figures of a training. */
export type Score<T extends string = 'classify'> = TaskTypes[T]['score']
/** The figures of an evaluation. */
export type Evaluation<T extends string = 'classify'> = TaskTypes[T]['evaluation']
/** The part of an evaluation that enters the history. */
export type Tested<T extends string = 'classify'> = TaskTypes[T]['tested']
/** The epoch with the smallest error, or the largest PSNR, on some pictures. */
export type BestEpoch<T extends string = 'classify'> = TaskTypes[T]['best']
/** The figures of a step beside its loss: of its batch, and over the epoch so far. */
export type Told<T extends string = 'classify'> = TaskTypes[T]['told']
/** The figures of an evaluation in the result of a training. */
export type Reported<T extends string = 'classify'> = TaskTypes[T]['reported']
/** The class of trained networks of a task. */
export type NetworkOf<T extends string = 'classify'> = TaskTypes[T]['network']
