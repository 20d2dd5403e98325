/**
 * `resnet embed PICTURE… --out features.npy`: writes the features of pictures before the classifier, one row per
 * picture.
 */
import { extname } from 'node:path'
import { Command } from 'commander'
import { ConfigError, DataError, encodeNpy, writeAtomically } from '../../internal.node.js'
import { eachPicture, failWhere, findEach, type LeftOut } from '../each-picture.js'
import { type EngineFlags, engineOptions, jsonOption } from '../flags/options.js'
import {
  cacheOption,
  knownOptions,
  openWeights,
  originText,
  readsText,
  type WeightFlags,
  weightsText,
} from '../flags/weights.js'
import { libraryTasks, partOf } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { interruptible, nothingKept } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { print, say } from '../terminal/output.js'

interface Flags extends WeightFlags, EngineFlags {
  readonly out: string
  readonly json?: true
}

export function embedCommand(tasks: CommandTasks): Command {
  const command = new Command()
    .argument('<pictures...>', 'files, folders of pictures, patterns such as "cats/*.jpg"')
    .requiredOption('--weights <file>', weightsText)
    .requiredOption('--out <file>', 'features as NumPy stores them: a name that ends in .npy')
    .addOption(cacheOption())
  for (const option of [...knownOptions(), ...engineOptions()]) command.addOption(option)
  return command
    .addOption(
      jsonOption(
        '{ out, shape, files, unreadable }; row i of the features is of files[i]; out is null where nothing could be read',
      ),
    )
    .addHelpText(
      'after',
      `${examples('embed photos --weights hub:timm/resnet50.a1_in1k --out features.npy')}\nIn Python: numpy.load("features.npy") is [pictures, width]`,
    )
    .action((names: string[], flags: Flags) =>
      interruptible((signal) => embed(tasks, names, flags, signal), nothingKept),
    )
}

async function embed(tasks: CommandTasks, names: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const { out } = flags
  if (extname(out).toLowerCase() !== '.npy') throw new ConfigError(`--out ${out}: expected a name that ends in .npy`)
  const { files, leftOut: missed } = await findEach(names)
  if (files.length === 0) nothing(missed, flags)
  const network = await openWeights(flags, { signal, tasks: libraryTasks(tasks) })
  const open = partOf(tasks, network.spec, 'embed')
  say(originText(flags.weights, network))
  const reads = readsText(network.spec)
  if (reads) say(reads)
  await using embedder = await open(network, flags, signal)
  const rows: Float32Array[] = []
  const read: string[] = []
  const alpha = network.spec.input.channels === 4
  const leftOut: LeftOut[] = [...missed]
  await eachPicture(files, leftOut, { signal, alpha }, async (file, picture) => {
    rows.push(await embedder.embed(picture))
    read.push(file)
  })
  const width = rows[0]?.length
  if (width === undefined) nothing(leftOut, flags)
  const features = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) features.set(row, i * width)
  const shape = [rows.length, width]
  await writeAtomically(out, encodeNpy(shape, features))
  print(
    flags.json
      ? JSON.stringify({ out, shape, files: read, unreadable: leftOut })
      : `wrote ${out}: ${rows.length} pictures, ${width} features each, in the order of the pictures`,
  )
  failWhere(leftOut, read.length)
}

function nothing(leftOut: readonly LeftOut[], { json }: Flags): never {
  if (json) print(JSON.stringify({ out: null, shape: [0, 0], files: [], unreadable: leftOut }))
  throw new DataError(`none of ${leftOut.length} pictures can be read; nothing is written`)
}
