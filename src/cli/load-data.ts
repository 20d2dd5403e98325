/** Loads the data set that flags name. Prints the progress of decoding and the pictures that could not be read. */
import {
  ConfigError,
  type Dataset,
  type DatasetName,
  type DecodedNetwork,
  datasetNames,
  type ImageFolder,
  type ImageFolderOptions,
  loadDataset,
  type TestFolder,
  type TestFolderOptions,
  testFolder,
} from '../internal.node.js'
import type { DataFlags } from './flags/options.js'
import { command } from './terminal/invocation.js'
import { oneLine, say } from './terminal/output.js'
import { Progress } from './terminal/progress.js'

/** The most files that are named. For the others only their number is printed. */
const NAMED = 5

/** Loads a data set. Names the pictures that cannot be read and the files that were skipped. */
export async function loadData(...args: Parameters<typeof loadQuietly>): Promise<Dataset> {
  const data = await loadQuietly(...args)
  sayUnreadable(data)
  if (isImageFolder(data)) say(`tested on ${data.testedOn}`)
  for (const note of data.notes ?? []) say(`note: ${note}`)
  return data
}

const isImageFolder = (data: Dataset): data is ImageFolder => 'testedOn' in data

/** Loads the pictures of a folder to evaluate weights on. Names the pictures that cannot be read. */
export async function loadTestFolder(flags: DataFlags, path: string, options: TestFolderOptions): Promise<TestFolder> {
  const progress = new Progress('decoding', (count) => `${count.toLocaleString('en-US')} pictures`)
  try {
    const loaded = await testFolder(path, {
      ...keptAs(flags),
      limit: flags.limitTest,
      onProgress: (done, total) => progress.update(done, total),
      ...options,
    })
    progress.stop()
    sayUnreadable(loaded.data)
    return loaded
  } finally {
    progress.stop()
  }
}

/** Flags for keeping the decoded pictures of a folder. */
function keptAs({ cache, cacheLimit, dataMemory }: DataFlags) {
  return { cache, cacheLimit, memory: dataMemory }
}

/** Names the first of the pictures that cannot be read. */
export function sayUnreadable({ unreadable = [] }: Dataset): void {
  if (unreadable.length > 0) say(`${unreadable.length} pictures cannot be read and are left out:`)
  for (const { file, reason } of unreadable.slice(0, NAMED)) say(`  ${oneLine(`${file}: ${reason}`)}`)
  if (unreadable.length > NAMED)
    say(`  and ${unreadable.length - NAMED} more: ${command('data folder')} lists them all`)
}

/**
 * @param size pixels along a side, for data sets that come in several sizes
 * @param heldOut the pictures of a folder without a test part that are held out
 */
export async function loadQuietly(
  flags: DataFlags,
  dataset: DatasetName,
  size: number | undefined,
  signal: AbortSignal,
  heldOut: Pick<ImageFolderOptions, 'seed' | 'again'> = {},
): Promise<Dataset> {
  const progress = new Progress('decoding', (count) => `${count.toLocaleString('en-US')} pictures`)
  try {
    return await loadDataset(dataset, flags.data, {
      limit: { train: flags.limitTrain, test: flags.limitTest },
      size,
      label: flags.label,
      folder: {
        ...keptAs(flags),
        ...heldOut,
        onProgress: (done, total) => progress.update(done, total),
        signal,
      },
    })
  } finally {
    progress.stop()
  }
}

/**
 * The data set that weights learned from. Prints its name.
 * @throws ConfigError if the weights do not name it, or the data has no name here
 */
export function recordedDataset(weights: string, { checkpoint }: DecodedNetwork): DatasetName {
  const found = datasetNames.find((name) => name === checkpoint?.data.name)
  if (found) {
    say(`--dataset ${found}: the training data of these weights`)
    return found
  }
  const why = checkpoint
    ? `learned from ${checkpoint.data.name}, which has no name here`
    : 'does not say what its network learned from'
  throw new ConfigError(
    `--dataset: missing; ${weights} ${why}: name the data to evaluate on, ${datasetNames.join(', ')}`,
  )
}
