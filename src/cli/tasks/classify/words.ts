/** The texts of errors and losses during a training. */
import { percentText } from '../../terminal/output.js'
import type { TrainWords } from '../../terminal/train-display.js'

export const classifierWords: TrainWords<'classify'> = {
  step: ({ epochLoss, epochTop1Error }) => [`loss ${epochLoss.toFixed(4)}`, `error ${percentText(epochTop1Error)}`],
  epoch: ({ train, val, test }) => [
    `loss ${train.loss.toFixed(4)}`,
    `train error ${percentText(train.top1Error)}`,
    ...(val ? [`val error ${percentText(val.top1Error)}`] : []),
    ...(test ? [`test error ${percentText(test.top1Error)}`] : []),
  ],
}
