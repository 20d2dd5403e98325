/** `resnet summary NAME|FILE`: prints the layers of a preset, or of the network in a file of weights, as a table. */
import { existsSync } from 'node:fs'
import { Argument, Command } from 'commander'
import {
  ConfigError,
  complexity,
  headsOf,
  type NetworkSpec,
  type Recompute,
  summary,
  type Tasks,
  trainingMemory,
} from '../../internal.node.js'
import { type EngineFlags, engineOption, jsonOption, presetsText, recomputeOption, whole } from '../flags/options.js'
import { type KnownFlags, knownOptions, openWeights } from '../flags/weights.js'
import { libraryTasks, networkParser, rowWith } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { examples } from '../terminal/invocation.js'
import { bytesText, oneLine, print, say } from '../terminal/output.js'

interface Flags extends Pick<EngineFlags, 'engine'>, KnownFlags {
  readonly classes?: number
  readonly size?: number
  readonly blocks?: true
  readonly batchSize?: number
  readonly recompute?: Recompute
  readonly json?: true
}

export function summaryCommand(table: CommandTasks): Command {
  const tasks = libraryTasks(table)
  const heads = headsOf(tasks)
  const parser = networkParser(table)
  const nameParser = (name: string) => (isFile(name) ? name : parser(name))
  const command = new Command()
    .addArgument(new Argument('<name>', `a network, ${presetsText}; or a file of weights`).argParser(nameParser))
    .option('--classes <n>', 'number of classes', whole(2))
    .option('--size <n>', 'height and width of the pictures', whole(1))
  for (const option of knownOptions()) command.addOption(option)
  return command
    .option('--blocks', 'one row for each block instead of each layer, with what it computes')
    .option('-b, --batch-size <n>', 'also print the memory of a training with batches of n pictures', whole(1))
    .addOption(recomputeOption())
    .addOption(engineOption())
    .addOption(jsonOption('{ name, params, macs, acts, layers }, with --batch-size also memory'))
    .addHelpText('after', examples('summary resnet20 --classes 100 -b 128', 'summary weights.pth --blocks'))
    .action(async (name: string, flags: Flags) => {
      const { batchSize, engine, recompute } = flags
      const spec = isFile(name) ? await specOfFile(name, flags, tasks) : specOfName(table, name, flags)
      const memory =
        batchSize === undefined ? undefined : await trainingMemory(spec, { batchSize }, { engine, recompute, tasks })
      if (flags.json) {
        print(JSON.stringify({ name: spec.name, ...complexity(spec, heads), memory }))
        return
      }
      print(summary(spec, { rows: flags.blocks ? 'block' : 'layer', heads }))
      if (memory)
        print(
          `\ntraining with ${batchSize} pictures per step on ${memory.engine}: ${bytesText(memory.step)} for the step, ` +
            `${bytesText(memory.evaluation)} for evaluations`,
        )
    })
}

/** Parses a name. A name with a dot is a file, whether it exists or not, because names of networks have no dot. */
const isFile = (name: string) => /\.\w+$/.test(name) || existsSync(name)

function specOfName(table: CommandTasks, name: string, { classes, size, ...known }: Flags): NetworkSpec {
  const given = (['arch', 'mean', 'std'] as const).find((flag) => known[flag] !== undefined)
  if (given)
    throw new ConfigError(`--${given}: is for files of weights, ${name} is the name of a network; leave it out`)
  return rowWith(table, name)!.spec(name, { classes, size })
}

async function specOfFile(path: string, { classes, size, arch, mean, std }: Flags, tasks: Tasks): Promise<NetworkSpec> {
  if (classes !== undefined || size !== undefined)
    throw new ConfigError(`--classes and --size are for names of networks; ${path} has its own`)
  const { spec, preprocessing, origin } = await openWeights({ weights: path, arch, mean, std }, { tasks })
  const { normalisation } = preprocessing
  say(
    `${oneLine(path)}: ${origin}; pictures are normalised with mean ${normalisation.mean.join(', ')} and deviation ${normalisation.std.join(', ')}`,
  )
  return spec
}
