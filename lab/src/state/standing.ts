/**
 * The standing of a race, and what it proves: figures of both nets at the same step, and a lead only if it exceeds
 * chance for so many pictures.
 */
import type { RacerKind } from '../compute/race.js'

type Points = readonly (readonly [step: number, error: number])[]
type Both<T> = Readonly<Record<RacerKind, T>>

/** The results of a race so far. Errors in percent. */
export interface Raced {
  readonly train: Both<Points>
  readonly test: Both<Points>
  readonly batchSize: number
  readonly testPictures: number
  /** The test error of the best constant answer. */
  readonly guessing: number
}

/** Errors of both nets on the same number of pictures. */
export interface Compared extends Both<number> {
  /** The step at which both were measured. */
  readonly step: number
  readonly pictures: number
  /** The lead of the residual net, in points. */
  readonly lead: number
  /** Two standard deviations of such a lead between random draws of the pictures. */
  readonly margin: number
}

export interface Standing {
  /** undefined before both were tested. */
  readonly test: Compared | undefined
  /** Errors on the newest training pictures. */
  readonly train: Compared | undefined
  /** The net that leads on test pictures by more than chance. */
  readonly leader: RacerKind | undefined
  /** Nets that are no better than a constant answer. */
  readonly guess: readonly RacerKind[]
}

/** Number of newest training slices that count. */
const RECENT = 8
const kinds = ['plain', 'residual'] as const

/** Standard deviation of an error in percent, over so many pictures. */
const deviation = (error: number, pictures: number) => Math.sqrt((error * (100 - error)) / pictures)

export function standingOf({ train, test, batchSize, testPictures, guessing }: Raced): Standing {
  const tested = compared(latest(test), testPictures)
  const trained = compared(recent(train), 0, batchSize)
  const leader = tested && Math.abs(tested.lead) > tested.margin ? (tested.lead > 0 ? 'residual' : 'plain') : undefined
  const guess = tested ? kinds.filter((kind) => tested[kind] > guessing - 2 * deviation(guessing, testPictures)) : []
  return { test: tested, train: trained, leader, guess }
}

interface Figures extends Both<number> {
  readonly step: number
  /** Number of steps of the slice. */
  readonly steps: number
}

function compared(figures: Figures | undefined, pictures: number, batchSize = 0): Compared | undefined {
  if (!figures) return undefined
  const { step, steps, plain, residual } = figures
  const count = pictures || steps * batchSize
  const margin = Math.max(2 * Math.hypot(deviation(plain, count), deviation(residual, count)), 100 / count)
  return { step, plain, residual, pictures: count, lead: plain - residual, margin }
}

/** Errors at the last step that both nets have. */
function latest({ plain, residual }: Both<Points>): Figures | undefined {
  const others = new Map(residual)
  const found = plain.findLast(([step]) => others.has(step))
  return found && { step: found[0], steps: 0, plain: found[1], residual: others.get(found[0])! }
}

/** Means over the newest slices that both nets have finished, weighted by their steps. */
function recent({ plain, residual }: Both<Points>): Figures | undefined {
  const step = latest({ plain, residual })?.step
  if (step === undefined) return undefined
  const until = plain.filter(([at]) => at <= step)
  const first = until.at(-RECENT - 1)?.[0] ?? 0
  const mean = (points: Points) => {
    let [sum, before] = [0, first]
    for (const [at, error] of points) {
      if (at <= first || at > step) continue
      sum += error * (at - before)
      before = at
    }
    return sum / (step - first)
  }
  return { step, steps: step - first, plain: mean(plain), residual: mean(residual) }
}

/** A part of a sentence. Figures of a net have its colour. */
export interface Words {
  readonly text: string
  readonly kind?: RacerKind
}

/** Facts for the sentences besides the figures. */
export interface Told {
  readonly depth: number
  readonly names: Both<string>
  readonly finished: boolean
}

/** Describes the standing of a race. */
export function standingWords({ test, train, leader, guess }: Standing, { depth, names, finished }: Told): Words[] {
  if (!test || !train) return [{ text: 'The first test comes after 25 steps. Both nets guess at first.' }]
  const figure = (kind: RacerKind, from: Compared): Words => ({ text: `${from[kind].toFixed(0)} %`, kind })
  const points = (value: number) => {
    const text = Math.abs(value).toFixed(Math.abs(value) < 10 ? 1 : 0)
    return `${text} ${text === '1.0' ? 'point' : 'points'}`
  }
  const words: Words[] = [
    { text: `At step ${test.step} ${names.residual} errs on ` },
    figure('residual', test),
    { text: ` of ${test.pictures.toLocaleString('en')} test pictures, ${names.plain} on ` },
    figure('plain', test),
    { text: ': ' },
  ]
  if (leader)
    words.push({
      text: `the ${leader} net is ahead by ${points(test.lead)}, and chance explains up to ${points(test.margin)} on so many pictures. `,
    })
  else
    words.push({
      text: `no difference that counts, as chance explains up to ${points(test.margin)} on so many pictures. `,
    })
  words.push(
    { text: `On the ${train.pictures.toLocaleString('en')} pictures that they trained on last the errors are ` },
    figure('residual', train),
    { text: ' against ' },
    figure('plain', train),
    { text: '. ' },
  )
  words.push({ text: conclusion({ test, train, leader, guess }, depth, finished) })
  return words
}

function conclusion({ train, leader, guess }: Standing, depth: number, finished: boolean): string {
  const more = finished ? '' : ' Give them more steps.'
  if (guess.length === 2) return `Both are no better than one fixed answer for all pictures.${more}`
  if (leader === 'plain') return `The papers found the opposite for deep nets, in longer trainings.${more}`
  if (leader === undefined) {
    if (guess.length === 1) return `The ${guess[0]} net is no better than one fixed answer for all pictures.${more}`
    if (depth <= 20) return `At ${depth} layers a plain net still trains.`
    return finished ? `In this race ${depth} layers did the plain net no visible harm.` : more.trim()
  }
  if (train!.lead > train!.margin)
    return (
      'That is not overfitting: the plain net fails to fit its own training pictures. Layers that pass their input on ' +
      'would do no harm, but training does not find them.'
    )
  return 'Both fit their training pictures about equally, or the plain net fits them better, so it does not fail at training.'
}
