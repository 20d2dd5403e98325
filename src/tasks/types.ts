/** The figures of trainings and evaluations, by the task of the network. */

import type { Plane } from '../data/bicubic.js'
import type { Dataset, Pictures } from '../data/dataset.js'
import type { UpscalingData } from './upscale/data.js'
import type { Quality } from './upscale/quality.js'

/** Mean loss, and top-1 error in percent. */
export interface ClassifyingScore {
  readonly loss: number
  readonly top1Error: number
}

/** Mean loss, and PSNR in dB of all values that were learned from together. */
export interface UpscalingScore {
  readonly loss: number
  readonly psnr: number
}

/** A result over a number of pictures. Errors are in percent; the loss is the mean cross-entropy without smoothing. */
export interface ClassifyingEvaluation extends ClassifyingScore {
  readonly count: number
  readonly correct: number
}

/** PSNR and SSIM, each a mean over pictures, beside those of bicubic enlargement. */
export interface UpscalingQuality extends Quality {
  readonly bicubic: Quality
}

/** A result over a number of pictures: over all scales, and of each. */
export interface UpscalingEvaluation extends UpscalingQuality {
  readonly count: number
  readonly scales: readonly (UpscalingQuality & { readonly scale: number })[]
}

/** The types of a task of one's own, where nothing else is said. */
export interface OwnTaskTypes {
  readonly data: { readonly name: string }
  readonly pictures: unknown
  readonly sums: { readonly loss: number }
  readonly score: { readonly loss: number }
  readonly evaluation: object
  readonly tested: object
  readonly best: { readonly epoch: number }
  readonly told: object
}

/** The types of each task, by its name. */
export interface TaskTypes {
  readonly [own: string]: OwnTaskTypes
  classify: {
    readonly data: Dataset
    readonly pictures: Pictures
    /** Over pictures: losses, and wrong answers. */
    readonly sums: { readonly loss: number; readonly wrong: number; readonly count: number }
    readonly score: ClassifyingScore
    readonly evaluation: ClassifyingEvaluation
    readonly tested: ClassifyingScore
    readonly best: { readonly epoch: number; readonly top1Error: number }
    readonly told: { readonly top1Error: number; readonly epochTop1Error: number }
  }
  upscale: {
    readonly data: UpscalingData
    readonly pictures: readonly Plane<Uint8Array>[]
    /** Over patches: losses, and mean squared errors of values from 0 to 255. */
    readonly sums: { readonly loss: number; readonly squares: number; readonly count: number }
    readonly score: UpscalingScore
    readonly evaluation: UpscalingEvaluation
    readonly tested: UpscalingQuality
    readonly best: { readonly epoch: number; readonly psnr: number }
    readonly told: { readonly psnr: number; readonly epochPsnr: number }
  }
}

/** The data that a network of a task learns from. */
export type DataOf<T extends string> = TaskTypes[T]['data']
/** One part of that. */
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
/** The figures that are told of a step beside its loss: of its batch, and over the epoch so far. */
export type Told<T extends string = 'classify'> = TaskTypes[T]['told']
