/**
 * A checkpoint is one safetensors file. It holds parameters and running statistics by path, the optimizer's state by
 * `<state>/<parameter>`, and in the header's metadata everything needed to evaluate the network or to train on, with a
 * checksum over the whole file.
 */

import { expectNetwork } from '../../formats/expect-network.js'
import {
  readSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
  writeSafetensors,
} from '../../formats/safetensors.js'
import {
  checkPreprocessing,
  expectEnough,
  type Preprocessing,
  type Tensor,
  type TrainedNetwork,
} from '../../formats/trained-network.js'
import { forwardGraph } from '../../model/forward.js'
import { type Freeze, splitNetwork } from '../../model/freeze.js'
import type { Heads } from '../../model/heads/index.js'
import { parametersOf } from '../../model/parameters.js'
import { classifier } from '../../spec/heads/classifier.js'
import { specHeadOf } from '../../spec/heads/index.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { validateSpec } from '../../spec/validate.js'
import { headsOf, ratingOf, type Tasks, taskOfNetwork, tasks } from '../../tasks/index.js'
import { completed, type Recipe } from '../../tasks/recipe.js'
import type { DataIdentity, Task } from '../../tasks/task.js'
import type { BestEpoch, Score, SumsOf, Tested } from '../../tasks/types.js'
import { Budget, limits } from '../../util/budget.js'
import { DataError, ResnetError } from '../../util/errors.js'
import { expectBytes, expectFields, expectKind, map, object, oneOf, optional, text } from '../../util/expect.js'
import { parseJson } from '../../util/json.js'
import { printable, shown } from '../../util/printable.js'
import { sameShape, shapeText } from '../../util/shape.js'
import type { WarmUp } from '../schedule/warm-up.js'
import { isStateName } from '../step/optimizer.js'
import { checksum, expectChecksum } from './checksum.js'

/** One finished epoch. Training figures are means over its augmented batches. */
export interface EpochRecord<T extends string = 'classify'> {
  /** Number of the epoch, from 1. */
  readonly epoch: number
  /** Steps finished at its end. */
  readonly step: number
  /** Learning rate of its last step. */
  readonly lr: number
  readonly train: Score<T>
  /** Present if the epoch was evaluated and there are validation pictures. */
  readonly val?: Tested<T>
  /** Present if the epoch was evaluated. */
  readonly test?: Tested<T>
}

/** Progress of a training. */
export interface TrainingProgress<T extends string = 'classify'> {
  /** Finished steps. */
  readonly step: number
  /** Sums over the steps of the unfinished epoch. */
  readonly running: SumsOf<T>
  /** Best epoch on the test pictures. They both choose and judge it, so its figure is too good. */
  readonly best: BestEpoch<T> | null
  /** Best epoch on the validation pictures, if there are any: an honest choice, to be judged on the test pictures. */
  readonly bestOnVal?: BestEpoch<T>
  readonly history: readonly EpochRecord<T>[]
  /** Present if the recipe warms up until the training error falls. */
  readonly warmUp?: WarmUp
}

export type { DataIdentity, Preprocessing }

/** Settings of fine-tuning, besides the recipe. */
export interface Tuning {
  /** The layers that do not learn: see `Freeze`. */
  readonly freeze: Freeze
  /** Number of augmented versions of each picture that pass the frozen part; 1 means no augmentation. */
  readonly views: number
}

/** A network with everything that belongs to it and its training, as in a checkpoint file. Its spec tells the task. */
export interface Checkpoint<T extends string = 'classify'> extends TrainedNetwork {
  /** Present in fine-tuning. `optimizer` then holds the state of the layers that learn. */
  readonly tuning?: Tuning
  readonly recipe: Recipe
  readonly data: DataIdentity
  readonly progress: TrainingProgress<T>
  /** The engine build that computed its bits. */
  readonly engine: string
  /** The optimizer's state, by names such as `velocity/stem.conv.weight`. */
  readonly optimizer: ReadonlyMap<string, Tensor>
}

const FORMAT = '1'
const jsonFields = ['spec', 'recipe', 'preprocessing', 'data', 'progress'] as const

/**
 * Encodes a checkpoint as a file.
 * @param note why this state was kept, for example `best on test`; stored in the metadata as `kept`
 * @param tasks the known tasks, by default those of this package
 */
export function encodeCheckpoint(checkpoint: Checkpoint<string>, note?: string, tasks?: Tasks): Uint8Array {
  expectCheckpoint(checkpoint, 'encodeCheckpoint: checkpoint', tasks)
  expectKind(note, 'encodeCheckpoint: note', optional(text))
  const tensors = new Map<string, SafetensorsTensor>([...checkpoint.weights, ...checkpoint.optimizer])
  const metadata: Record<string, string> = { format: FORMAT, engine: checkpoint.engine }
  for (const field of jsonFields) metadata[field] = JSON.stringify(checkpoint[field])
  if (checkpoint.tuning) metadata.tuning = JSON.stringify(checkpoint.tuning)
  if (note !== undefined) metadata.kept = note
  metadata.checksum = checksum({ tensors, metadata })
  return writeSafetensors({ tensors, metadata })
}

/**
 * @param name of the file, for errors
 * @throws DataError if the file is damaged, is no checkpoint of this package, or its network enlarges pictures: see
 * `decodeAnyCheckpoint`
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const checkpoint = decodeAnyCheckpoint(bytes, name)
  if (isFor(checkpoint, 'classify')) return checkpoint
  const { head } = checkpoint.spec
  const { does, use } = specHeadOf(head)
  const code = 'load() opens it'
  throw new DataError(`${name}: its network ${does(head)} and ${classifier.lacks}`, {
    remedy: { code, shell: use?.shell ?? code },
  })
}

/**
 * @param who the function and its argument, for errors
 * @throws ConfigError for anything but a checkpoint
 */
export function expectCheckpoint(value: unknown, who: string, tasks?: Tasks): asserts value is Checkpoint<string> {
  const fields = { spec: object, recipe: object, data: object, progress: object, engine: text, optimizer: map }
  expectFields(value, who, 'a checkpoint, such as decodeCheckpoint() gives', { ...fields, weights: map })
  expectNetwork(value, who, headsOf(tasks))
}

/**
 * Whether a checkpoint is of a network for this task.
 * @param table the tasks that there are, by default those of this package
 * @throws ConfigError for a name that no task of the table has
 */
export function isFor<T extends string>(
  checkpoint: Checkpoint<string>,
  task: T,
  table: Tasks = tasks,
): checkpoint is Checkpoint<T> {
  expectFields(checkpoint, 'isFor: checkpoint', 'a checkpoint, such as decodeCheckpoint() gives', { spec: object })
  expectKind(task, 'isFor: task', oneOf(Object.values(table).map(({ name }) => name)))
  return taskOfNetwork(checkpoint.spec, table).name === task
}

/**
 * Decodes a checkpoint of any task; `isFor` tells which.
 * @param name of the file, for errors
 * @param tasks the known tasks, by default those of this package
 * @throws DataError if the file is damaged, is no checkpoint of this package, or its network is for another task
 */
export function decodeAnyCheckpoint(bytes: Uint8Array, name: string, tasks?: Tasks): Checkpoint<string> {
  expectBytes(bytes, 'checkpoint', 'read the file first, for example by readCheckpoint(path)')
  return checkpointIn(readSafetensors(bytes, name), name, tasks)
}

/** Like `decodeAnyCheckpoint`, for a file whose tensors are already read. */
export function checkpointIn(file: SafetensorsFile, name: string, tasks?: Tasks): Checkpoint<string> {
  const heads = headsOf(tasks)
  const { tensors, metadata } = file
  if (metadata.format !== FORMAT || metadata.spec === undefined)
    throw new DataError(
      `${name}: no checkpoint of resnet.ts: expected format ${FORMAT} and a spec in its metadata, got ${
        metadata.format === undefined ? 'none' : `format ${printable(metadata.format, 20)}`
      }`,
    )
  expectChecksum(file, name)
  const budget = new Budget(name)
  const parse = (field: string) => parseField(metadata, field, budget)
  const parsed = Object.fromEntries(jsonFields.map((field) => [field, parse(field)]))
  const { preprocessing, data, progress, ...options } = parsed as Omit<
    Checkpoint<string>,
    'engine' | 'weights' | 'optimizer'
  >
  const tuning = metadata.tuning === undefined ? {} : { tuning: parse('tuning') as Tuning }
  const { spec, recipe } = naming(name, () => {
    const spec = validateSpec(parsed.spec, undefined, heads)
    const task = taskOfNetwork(spec, tasks)
    expectEnough(spec, tensors.size)
    checkPreprocessing(preprocessing, spec, heads)
    checkData(data)
    checkProgress(progress, task)
    if (tuning.tuning) checkTuning(tuning.tuning, spec, heads)
    return { spec, recipe: completed(options.recipe, task.recipe) } // of an older version: with the fields that came later
  })
  const weights = new Map<string, Tensor>()
  const optimizer = new Map<string, Tensor>()
  for (const [tensor, { shape, data: values }] of tensors) {
    if (!(values instanceof Float32Array)) throw new DataError(`${name}: tensor ${printable(tensor)} holds no floats`)
    ;(isStateName(tensor) ? optimizer : weights).set(tensor, { shape, data: values })
  }
  naming(name, () => checkWeights(weights, spec, heads))
  const engine = metadata.engine ?? 'unknown'
  return { spec, recipe, preprocessing, data, progress, engine, weights, optimizer, ...tuning }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function checkData({ name, train, val, test, heldOut }: DataIdentity): void {
  if (typeof name !== 'string' || name.length > limits.name || ![train, val ?? 0, test].every(isCount))
    throw new DataError('its data makes no sense: expected a name and numbers of pictures')
  if (heldOut === undefined || heldOut === null) return
  const { seed, count, of, digest } = heldOut
  if (![seed, count, of].every(isCount) || !/^[0-9a-f]{64}$/.test(String(digest)))
    throw new DataError(
      'its data makes no sense: the record of held-out pictures needs a seed, two numbers of pictures and a digest',
    )
}

/** The largest accepted number of augmented versions. */
const MOST_VIEWS = 1000

function checkTuning({ freeze, views }: Tuning, spec: NetworkSpec, heads: Heads): void {
  splitNetwork(spec, freeze, heads)
  if (!(isCount(views) && views >= 1 && views <= MOST_VIEWS))
    throw new DataError(
      `its tuning makes no sense: views must be a whole number from 1 to ${MOST_VIEWS}, got ${shown(views)}`,
    )
}

function checkProgress(progress: TrainingProgress<string>, task: Task<string>): void {
  const { step, running, best, bestOnVal = null, history, warmUp } = progress
  const wrong = (what: string) => new DataError(`its progress makes no sense: ${what}`)
  if (!isCount(step)) throw wrong(`step must be a whole number, got ${shown(step)}`)
  const sums = (running ?? {}) as unknown as Readonly<Record<string, unknown>>
  if (!Object.keys(task.nothing).every((name) => Number.isFinite(sums[name]))) throw wrong('running has no sums')
  const isEpoch = (given: typeof best) => isCount(given?.epoch) && Number.isFinite(ratingOf(task, given))
  if (best !== null && !isEpoch(best)) throw wrong(`best must be null or an epoch with its ${task.rating}`)
  if (bestOnVal !== null && !isEpoch(bestOnVal)) throw wrong(`bestOnVal must be an epoch with its ${task.rating}`)
  if (warmUp !== undefined && !(Number.isFinite(warmUp?.error) && isCount(warmUp.ended ?? 0)))
    throw wrong('warmUp must have an error in percent, and a step where it ended')
  if (!Array.isArray(history)) throw wrong('history must be a list')
  history.forEach((record: EpochRecord<string> | null, index) => {
    const numbers = [record?.lr, record?.train?.loss, ratingOf(task, record?.train)]
    for (const tested of [record?.test, record?.val]) if (tested !== undefined) numbers.push(ratingOf(task, tested))
    if (!isCount(record?.epoch) || !isCount(record.step) || !numbers.every(Number.isFinite))
      throw wrong(`entry ${index + 1} of its history is no epoch`)
  })
}

/** Turns an error of a check into one that names the file. */
function naming<T>(name: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof ResnetError) throw new DataError(`${name}: ${error.message}`)
    throw error
  }
}

/** Runs before the spec makes anything allocate: a few damaged digits in it must not ask for all memory. */
function checkWeights(weights: ReadonlyMap<string, Tensor>, spec: NetworkSpec, heads: Heads): void {
  const expected = new Map(
    parametersOf(forwardGraph(spec, { batch: 1, mode: 'inference', heads })).map(({ path, shape }) => [path, shape]),
  )
  const extra = [...weights.keys()].find((path) => !expected.has(path))
  if (extra !== undefined) throw new DataError(`tensor ${printable(extra)} belongs to no layer of its spec`)
  for (const [path, shape] of expected) {
    const found = weights.get(path)
    if (!found) throw new DataError(`tensor ${path} is missing`)
    if (!sameShape(found.shape, shape))
      throw new DataError(`tensor ${path} has shape ${shapeText(found.shape)}, its spec expects ${shapeText(shape)}`)
  }
}

function parseField(metadata: SafetensorsFile['metadata'], field: string, budget: Budget): unknown {
  const value = parseJson(metadata[field] ?? '', budget)
  if (typeof value === 'object' && value !== null) return value
  return budget.fail(`its metadata has no readable ${field}; the file is damaged or was edited`)
}
