/** Progress of studies: the net that trains, the number of nets, and the remaining time. */
import { complexity } from '../model/complexity.js'
import { completeRecipe } from '../tasks/complete-recipe.js'
import type { StepProgress } from '../train/step/progress.js'
import type { Training } from './workbench.js'

/** The place of a training among all planned ones. */
export interface Place {
  /** Number of the training net, from 1. */
  readonly index: number
  /** Number of nets to train, without those already trained. */
  readonly count: number
  /** Estimated seconds until all are trained, from the trainings so far; undefined if no estimate is possible. */
  readonly secondsLeft: number | undefined
}

/** Two trainings with the same identity are one. */
export function identityOf({ spec, recipe, seed }: Training): string {
  return JSON.stringify([spec, completeRecipe({ ...recipe, seed }), seed])
}

export class Outlook {
  /** Work of the trainings that have not begun, by identity: multiply-adds of all steps, times a constant. */
  readonly #waiting = new Map<string, { readonly training: Training; readonly work: number }>()
  readonly #pictures: number
  #begun = 0
  #current: { readonly identity: string; readonly work: number; first: number; at: number } | undefined
  /** Work done in this run, and the seconds it took. */
  #done = 0
  #seconds = 0

  /**
   * @param trainings all trainings that will be asked for
   * @param pictures number of training pictures, which sets the length of an epoch
   * @param isMade whether a training was made in an earlier run
   */
  constructor(trainings: readonly Training[], pictures: number, isMade: (training: Training) => boolean) {
    this.#pictures = pictures
    for (const training of trainings)
      if (!isMade(training)) this.#waiting.set(identityOf(training), { training, work: this.#workOf(training) })
  }

  /** Records a step of a training. @param now in seconds */
  progress(training: Training, { step, totalSteps }: StepProgress, now = performance.now() / 1000): Place {
    const identity = identityOf(training)
    if (this.#current?.identity !== identity) this.#begin(training, identity, step / totalSteps, now)
    const current = this.#current!
    const share = step / totalSteps
    this.#done += current.work * Math.max(0, share - current.first)
    this.#seconds += now - current.at
    current.first = share
    current.at = now
    const waiting = [...this.#waiting.values()].reduce((sum, { work }) => sum + work, 0)
    const left = waiting + current.work * (1 - share)
    const rate = this.#seconds > 0 ? this.#done / this.#seconds : 0
    return {
      index: this.#begun,
      count: this.#begun + this.#waiting.size,
      secondsLeft: rate > 0 ? left / rate : undefined,
    }
  }

  #begin(training: Training, identity: string, share: number, now: number): void {
    // A training that starts from weights was announced by a net of the same size, recipe and seed.
    const known = this.#waiting.has(identity) ? identity : this.#likest(training)
    if (known !== undefined) this.#waiting.delete(known)
    this.#begun++
    this.#current = { identity, work: this.#workOf(training), first: share, at: now }
  }

  #likest({ recipe, seed }: Training): string | undefined {
    const wanted = JSON.stringify(completeRecipe({ ...recipe, seed }))
    return [...this.#waiting].find(
      ([, { training }]) => JSON.stringify(completeRecipe({ ...training.recipe, seed: training.seed })) === wanted,
    )?.[0]
  }

  #workOf({ spec, recipe }: Training): number {
    const { epochs, steps, batchSize } = completeRecipe(recipe)
    return complexity(spec).macs * (steps === undefined ? (epochs ?? 1) * this.#pictures : steps * batchSize)
  }
}
