/** `resnet data`: fetches the public data sets, and prepares folders of pictures. */
import { Command, Option } from 'commander'
import { cifarAddress, type Dataset, type DatasetName, downloadCifar, loadDataset } from '../../internal.node.js'
import { type DataFlags, folderOptions, jsonOption, oneOf, whole } from '../flags/options.js'
import { loadQuietly } from '../load-data.js'
import { interruptible, sameCommand } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { oneLine, print, say } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'

const names = ['cifar10', 'cifar100', 'folder'] as const satisfies readonly DatasetName[]
type Name = (typeof names)[number]

interface Flags extends DataFlags {
  readonly size?: number
  readonly from?: string
  readonly json?: true
}

export function dataCommand(): Command {
  const command = new Command()
    .argument('<name>', names.join(', '), oneOf(names))
    .option('--data <dir>', 'folder of the download, or the folder of pictures (default: data)')
    .addOption(
      new Option('--from <address>', `folder on the web that holds the archive (default: ${cifarAddress})`).env(
        'RESNET_DATA_FROM',
      ),
    )
    .option('--size <n>', 'for a folder: height and width of the network input (default: 224)', whole(8))
  for (const option of folderOptions()) command.addOption(option)
  return command
    .addOption(jsonOption('{ file, downloaded, classes, train, val, test, unreadable }'))
    .addHelpText('after', examples('data cifar10 --data data', 'data folder --data my-pictures --size 64'))
    .action((name: Name, flags: Flags) =>
      interruptible(
        (signal) => run(name, flags, signal),
        () => left(name),
      ),
    )
}

/**
 * The message after an interruption. A download resumes after the bytes that arrived; a folder is decoded from the
 * start.
 */
const left = (name: Name) =>
  name === 'folder'
    ? `stopped; nothing was kept of what was decoded; begin again with: ${sameCommand()}`
    : `stopped; what has arrived is kept; go on with: ${sameCommand()}`

async function run(name: Name, flags: Flags, signal: AbortSignal): Promise<void> {
  const { data: folder = 'data' } = flags
  if (name === 'folder') {
    report(flags, await loadQuietly({ ...flags, data: folder }, name, flags.size, signal), {})
    return
  }
  const progress = new Progress(name, (bytes) => `${(bytes / 1e6).toFixed(1)} MB`)
  try {
    const { file, downloaded } = await downloadCifar(name, folder, {
      from: flags.from,
      signal,
      onProgress: (bytes, total) => progress.update(bytes, total),
      onRetry: (reason, seconds) => {
        progress.stop()
        say(`${reason}; trying again in ${seconds} s`)
      },
    })
    progress.stop()
    if (!flags.json) print(`${file}: ${downloaded ? 'downloaded' : 'is there already'}, check sum as published`)
    report(flags, await loadDataset(name, file), { file, downloaded })
  } finally {
    progress.stop()
  }
}

function report(flags: Flags, data: Dataset, more: { readonly file?: string; readonly downloaded?: boolean }): void {
  const { classes, train, val, test, unreadable = [], notes = [] } = data
  if (flags.json) {
    const counts = { train: train.count, ...(val ? { val: val.count } : {}), test: test.count }
    print(JSON.stringify({ ...more, classes, ...counts, unreadable, ...(notes.length > 0 ? { notes } : {}) }))
    return
  }
  const parts = [
    `${train.count} to train on`,
    ...(val ? [`${val.count} to validate on`] : []),
    `${test.count} to test on`,
  ]
  print(`${data.name}: ${classes.length} classes, pictures: ${parts.join(', ')}`)
  for (const note of notes) print(`note: ${note}`)
  if (unreadable.length > 0) print(`cannot be read: ${unreadable.length}`)
  for (const { file, reason } of unreadable) print(`  ${oneLine(`${file}: ${reason}`)}`)
}
