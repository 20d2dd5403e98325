/**
 * `resnet convert IN OUT`: converts weights from one file format to another. The names of the files give the formats.
 */
import { statSync } from 'node:fs'
import { Command } from 'commander'
import { ConfigError, complexity, expectWritable, headsOf, type Tasks, writeNetwork } from '../../internal.node.js'
import { jsonOption } from '../flags/options.js'
import { cacheOption, knownOptions, openWeights, originText, type WeightFlags, weightsText } from '../flags/weights.js'
import { libraryTasks } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { interruptible, nothingKept } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { print, say } from '../terminal/output.js'

interface Flags extends Omit<WeightFlags, 'weights'> {
  readonly json?: true
}

export function convertCommand(commandTasks: CommandTasks): Command {
  const tasks = libraryTasks(commandTasks)
  const command = new Command()
    .argument('<in>', weightsText)
    .argument('<out>', 'a name that ends in .safetensors (with the names of torchvision) or .onnx')
  for (const option of knownOptions()) command.addOption(option)
  return command
    .addOption(cacheOption())
    .addOption(jsonOption('{ name, origin, params, classes, input, normalisation, out }'))
    .addHelpText(
      'after',
      examples(
        'convert resnet18-f37072fd.pth resnet18.onnx',
        'convert grey.pth grey.safetensors --mean 0.5 --std 0.25',
      ),
    )
    .action((from: string, out: string, flags: Flags) =>
      interruptible((signal) => convert(tasks, from, out, flags, signal), nothingKept),
    )
}

async function convert(
  tasks: Tasks,
  from: string,
  out: string,
  { json, ...flags }: Flags,
  signal: AbortSignal,
): Promise<void> {
  expectWritable(out)
  if (isSameFile(from, out))
    throw new ConfigError(`${out}: is the file to be read, and would be lost; name another to write`)
  const network = await openWeights({ weights: from, ...flags }, { signal, tasks })
  signal.throwIfAborted()
  const { spec, preprocessing, origin } = network
  await writeNetwork(out, network, tasks)
  const { params } = complexity(spec, headsOf(tasks))
  const { normalisation, input } = preprocessing
  say(originText(from, network))
  const classes = preprocessing.classes.length
  print(json ? JSON.stringify({ name: spec.name, origin, params, classes, input, normalisation, out }) : `wrote ${out}`)
}

/** The path of a file that is the same for all its names. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }))
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}
