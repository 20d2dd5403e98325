/** The task of classification, as a training uses it. */

import type { Dataset } from '../../data/dataset.js'
import { expectDataset, expectPictures } from '../../data/expect-data.js'
import { classifier } from '../../model/heads/classifier.js'
import { isRecord } from '../../util/expect.js'
import type { Task } from '../task.js'
import { expectSameClasses, matchClasses } from './class-match.js'
import { Classifier } from './classifier.js'
import { Evaluator, expectFit } from './evaluator.js'
import { countCorrect, percent } from './metrics.js'
import { NextBatch } from './next-batch.js'
import { recipe } from './recipe.js'

export const classify: Task<'classify'> = {
  name: 'classify',
  heads: { classifier },
  recipe,
  rating: 'top1Error',
  words: { does: 'classifies', data: 'pictures of classes', remedy: 'take a network such as vdsr20' },
  isData: (data) => isRecord(data) && 'classes' in data,
  expectData: expectDataset,
  expectFit: (spec, { train, test, val }) => {
    for (const pictures of val ? [train, test, val] : [train, test]) expectFit(spec, pictures)
  },
  expectPictures,
  testFor: (own, spec, data, options) => {
    const { numbers, isSame, notes } = matchClasses(own, spec.name, data, options)
    const { test } = data
    return {
      test: isSame ? test : { ...test, labels: Uint16Array.from(test.labels, (label) => numbers[label]!) },
      notes,
    }
  },
  expectSameAnswers: (own, _, data) => expectSameClasses(own, data),
  testPictures: ({ test }) => test,
  valPictures: ({ val }) => val,
  identity: ({ name, train, val, test, heldOut }: Dataset) => ({
    name,
    train: train.count,
    ...(val ? { val: val.count } : {}),
    test: test.count,
    ...(heldOut === undefined ? {} : { heldOut }),
  }),
  preprocessing: ({ input }, { normalisation, classes, test: { height, width, window } }) => ({
    normalisation,
    input,
    classes,
    // The size of the test pictures before the crop to the centre, if they are larger than the input.
    resize: window && { height, width },
  }),
  epochSize: (_, { train }) => train.count,
  feed: (_, data, recipe, stepsPerEpoch) => new NextBatch(data, recipe, stepsPerEpoch),
  sums: ({ loss, outputs, truths }) => {
    const [logits, labels] = [outputs.logits!, truths.labels as Int32Array]
    const count = labels.length
    const correct = countCorrect(logits, labels, logits.length / count, count)
    return { loss: loss * count, wrong: count - correct, count }
  },
  add: (a, b) => ({ loss: a.loss + b.loss, wrong: a.wrong + b.wrong, count: a.count + b.count }),
  nothing: { loss: 0, wrong: 0, count: 0 },
  scoreOf: ({ loss, wrong, count }) => ({ loss: loss / count, top1Error: percent(wrong, count) }),
  told: ({ top1Error }, epoch) => ({ top1Error, epochTop1Error: epoch.top1Error }),
  tested: ({ loss, top1Error }) => ({ loss, top1Error }),
  reported: (tested) => ({ ...tested, accuracy: 100 - tested.top1Error }),
  best: (epoch, { top1Error }) => ({ epoch, top1Error }),
  isBetter: ({ top1Error }, best) => top1Error < best.top1Error,
  // Here and below `this.heads` is used, because the task may be a copy of this one with other heads.
  network(trained, host) {
    return new Classifier(trained, host, this.heads)
  },
  count: ({ count }) => count,
  measuringPlan(engine, spec, pictures) {
    return Evaluator.plan(engine, spec, pictures, this.heads)
  },
  measurer(engine, spec, plan) {
    return Evaluator.open(engine, spec, plan, this.heads)
  },
}
