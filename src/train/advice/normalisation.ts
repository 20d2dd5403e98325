/** Weights belong to the normalisation that they were trained with. This file checks data sets with another one. */

import type { Dataset, Normalisation } from '../../data/dataset.js'
import { expectDataset } from '../../data/expect-data.js'
import { ConfigError } from '../../util/errors.js'
import { expectFields, isRecord, kind, numbers, object } from '../../util/expect.js'
import type { Checkpoint } from '../checkpoint/checkpoint.js'

function normalisationText({ mean, std }: Normalisation): string {
  const list = (values: readonly number[]) => values.map((value) => Number(value.toPrecision(4))).join(', ')
  return `mean ${list(mean)} and std ${list(std)}`
}

function same(a: Normalisation, b: Normalisation): boolean {
  const flat = ({ mean, std }: Normalisation) => JSON.stringify([mean, std])
  return flat(a) === flat(b)
}

/** @throws ConfigError if a resumed training would normalise pictures in another way than before */
export function expectSameNormalisation(
  { preprocessing }: Pick<Checkpoint, 'preprocessing'>,
  data: Pick<Dataset, 'name' | 'normalisation'>,
): void {
  const { normalisation } = preprocessing
  if (same(normalisation, data.normalisation)) return
  throw new ConfigError(
    `${data.name}: normalises pictures by ${normalisationText(data.normalisation)}, but this training began with ` +
      `${normalisationText(normalisation)}; it would lose part of what it has learned, and its bits would differ: ` +
      'go on with the data set it began with, or set its normalisation to that of the checkpoint',
  )
}

const isNormalisation = (value: unknown) => isRecord(value) && numbers.fits(value.mean) && numbers.fits(value.std)
const own = { normalisation: kind('{ mean, std }', isNormalisation) }

/** Advice for evaluating weights on data with a normalisation of its own; undefined if both agree. */
export function normalisationAdvice(
  checkpoint: Pick<Checkpoint, 'preprocessing' | 'data' | 'tuning'>,
  dataset: Dataset,
): string | undefined {
  const fields = { preprocessing: object, data: object }
  expectFields(checkpoint, 'normalisationAdvice: checkpoint', 'a checkpoint, such as decodeCheckpoint() gives', fields)
  expectFields(checkpoint.preprocessing, 'normalisationAdvice: checkpoint.preprocessing', '{ normalisation }', own)
  expectDataset(dataset, 'normalisationAdvice: dataset')
  const { preprocessing, data, tuning } = checkpoint
  const { normalisation } = preprocessing
  const isCarried = tuning !== undefined // fine-tuning keeps the normalisation of its first weights, whatever the data
  if (isCarried || same(normalisation, dataset.normalisation)) return undefined
  return (
    `these weights were trained on ${data.name} with ${normalisationText(normalisation)}, which is used here too; ` +
    `${dataset.name} has ${normalisationText(dataset.normalisation)} of its own, so expect a larger error than on ${data.name}; ` +
    `for a smaller one, train on ${dataset.name}`
  )
}
