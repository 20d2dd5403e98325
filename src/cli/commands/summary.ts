/** `resnet summary NAME|FILE`: prints the layers of a preset, or of the network in a file of weights, as a table. */
import { existsSync } from 'node:fs'
import { Argument, Command, type Option } from 'commander'
import {
  ConfigError,
  complexity,
  headsOf,
  type NetworkSpec,
  type Recompute,
  readContents,
  summary,
  type Tasks,
  textTable,
  trainingMemory,
} from '../../internal.node.js'
import { type EngineFlags, engineOption, jsonOption, presetsText, recomputeOption, whole } from '../flags/options.js'
import { type KnownFlags, knownFlags, knownOptions, openWeights } from '../flags/weights.js'
import { libraryTasks, networkParser, rowWith } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { examples } from '../terminal/invocation.js'
import { bytesText, oneLine, print, say } from '../terminal/output.js'

interface Flags extends Pick<EngineFlags, 'engine'>, KnownFlags {
  readonly contents?: true
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
  const command = new Command().addArgument(
    new Argument('<name>', `a network, ${presetsText}; or a file of weights`).argParser(nameParser),
  )
  for (const option of knownOptions()) command.addOption(withNames(option))
  return command
    .option('--contents', 'of a file: list its entries, and the calls that PyTorch would run and that are not run here')
    .option('--blocks', 'one row for each block instead of each layer, with what it computes')
    .option('-b, --batch-size <n>', 'also print the memory of a training with batches of n pictures', whole(1))
    .addOption(recomputeOption())
    .addOption(engineOption())
    .addOption(jsonOption('{ name, params, macs, acts, layers }, with --batch-size also memory'))
    .addHelpText('after', examples('summary resnet20 --classes 100 -b 128', 'summary weights.pth --blocks'))
    .action(async (name: string, flags: Flags) => {
      const { batchSize, engine, recompute } = flags
      if (flags.contents) {
        await listContents(name, flags)
        return
      }
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

/** Adds to the help of `--classes` that it is a number for networks by name. */
function withNames(option: Option): Option {
  if (option.attributeName() === 'classes') option.description = `${option.description}; of a network by name: how many`
  return option
}

/** Parses a name. A name with a dot is a file, whether it exists or not, because names of networks have no dot. */
const isFile = (name: string) => /\.\w+$/.test(name) || existsSync(name)

function specOfName(table: CommandTasks, name: string, { classes: stated, size, ...known }: Flags): NetworkSpec {
  const given = (['arch', 'mean', 'std', 'crop', 'interpolation', 'entry', 'match'] as const).find(
    (flag) => known[flag] !== undefined,
  )
  if (given)
    throw new ConfigError(`--${given}: is for files of weights, ${name} is the name of a network; leave it out`)
  const classes = stated === undefined ? undefined : Number(stated)
  if (classes !== undefined && !(Number.isSafeInteger(classes) && classes >= 2))
    throw new ConfigError(
      `--classes ${oneLine(stated!)}: of the name of a network it is a whole number of at least 2, names are for files of weights`,
    )
  return rowWith(table, name)!.spec(name, { classes, size })
}

/** The entries of a file as a table, and what loading it in PyTorch would run. */
async function listContents(path: string, { json }: Flags): Promise<void> {
  if (!isFile(path)) throw new ConfigError(`--contents: is for files, ${path} is the name of a network`)
  const contents = await readContents(path)
  if (json) {
    print(JSON.stringify(contents))
    return
  }
  const { form, entries, calls } = contents
  print(
    [
      `${oneLine(path)}: ${form}`,
      '',
      textTable([['entry', 'value'], 'rule', ...entries.map(({ path, value }) => [path, value])], ['left', 'left']),
      '',
      calls.length === 0
        ? 'PyTorch would run nothing but what makes tensors and plain containers'
        : `PyTorch would run, and nothing of it is run here: ${calls.map(({ name, count }) => `${name} (${count})`).join(', ')}`,
    ].join('\n'),
  )
}

async function specOfFile(path: string, flags: Flags, tasks: Tasks): Promise<NetworkSpec> {
  const { spec, preprocessing, origin } = await openWeights({ ...knownFlags(flags), weights: path }, { tasks })
  const { normalisation } = preprocessing
  say(
    `${oneLine(path)}: ${origin}; pictures are normalised with mean ${normalisation.mean.join(', ')} and deviation ${normalisation.std.join(', ')}`,
  )
  return spec
}
