/** Loads the data set that flags name, with the progress of decoding and what could not be read. */
import { type Dataset, type DatasetName, loadDataset } from '../node.js'
import { command } from './invocation.js'
import type { DataFlags } from './options.js'
import { say } from './output.js'
import { Progress } from './progress.js'

/** Files that are named; of more the number is told. */
const NAMED = 5

/** Also names pictures that cannot be read. */
export async function loadData(...args: Parameters<typeof loadQuietly>): Promise<Dataset> {
  const data = await loadQuietly(...args)
  sayUnreadable(data)
  return data
}

/** Names the first of the pictures that cannot be read. */
export function sayUnreadable({ unreadable = [] }: Dataset): void {
  if (unreadable.length > 0) say(`${unreadable.length} pictures cannot be read and are left out:`)
  for (const { file, reason } of unreadable.slice(0, NAMED)) say(`  ${file}: ${reason}`)
  if (unreadable.length > NAMED)
    say(`  and ${unreadable.length - NAMED} more: ${command('data folder')} lists them all`)
}

/** @param size pixels along a side, of data sets that can have several */
export async function loadQuietly(
  flags: DataFlags,
  dataset: DatasetName,
  size: number | undefined,
  signal: AbortSignal,
): Promise<Dataset> {
  const progress = new Progress('decoding', (count) => `${count.toLocaleString('en-US')} pictures`)
  const gib = (value: number | undefined) => (value === undefined ? undefined : Math.round(value * 2 ** 30))
  try {
    return await loadDataset(dataset, flags.data, {
      limit: { train: flags.limitTrain, test: flags.limitTest },
      size,
      folder: {
        cache: flags.cache,
        cacheLimit: gib(flags.cacheLimit),
        memory: gib(flags.dataMemory),
        onProgress: (done, total) => progress.update(done, total),
        signal,
      },
    })
  } finally {
    progress.stop()
  }
}
