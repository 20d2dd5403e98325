/** Loads upscaling data from a data set of classes, or from a folder of any pictures. */
import {
  ConfigError,
  type DatasetName,
  forUpscaling,
  loadDataset,
  type UpscalingData,
  upscalingFolder,
} from '../../../internal.node.js'
import { type DataFlags, flagOf } from '../../flags/options.js'
import { say } from '../../terminal/output.js'
import { Progress } from '../../terminal/progress.js'

/** The default number of test pictures of a data set of classes. */
const TEST_PICTURES = 100

/** The source of the pictures, and limits on their number. */
type Choice = { readonly [Name in 'data' | 'limitTrain' | 'limitTest']?: DataFlags[Name] | undefined }

export async function loadPictures(
  { data, ...limits }: Choice,
  dataset: DatasetName,
  scales: readonly number[],
  signal: AbortSignal,
): Promise<UpscalingData> {
  const { limitTrain, limitTest = TEST_PICTURES } = limits
  if (dataset !== 'folder')
    return forUpscaling(await loadDataset(dataset, data, { limit: { train: limitTrain, test: limitTest } }), scales)
  const limit = (['limitTrain', 'limitTest'] as const).find((name) => limits[name] !== undefined)
  if (limit !== undefined)
    throw new ConfigError(`${flagOf(limit)}: a folder of pictures to enlarge is read whole; leave it out`)
  if (data === undefined)
    throw new ConfigError('--data: missing; folder needs the path of a folder of pictures to enlarge (--data DIR)')
  const progress = new Progress('decoding', (count) => `${count} pictures`)
  try {
    const onProgress = (done: number, total: number) => progress.update(done, total)
    return await upscalingFolder(data, { scales, signal, onProgress, onNote: say })
  } finally {
    progress.stop()
  }
}
