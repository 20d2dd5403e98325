/** `resnet predict PICTURE…`: prints a network's answers for pictures. The task of the network gives the answers. */
import { Command } from 'commander'
import { eachPicture, failWhere, findEach, type LeftOut } from '../each-picture.js'
import type { PredictFlags } from '../flags/network.js'
import { engineOptions, jsonOption, whole } from '../flags/options.js'
import { cacheOption, knownOptions, openWeights, originText, readsText, weightsText } from '../flags/weights.js'
import { libraryTasks, partOf } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { Interrupted, interruptible, nothingKept, sameCommand } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { print, say } from '../terminal/output.js'

export function predictCommand(tasks: CommandTasks): Command {
  const command = new Command()
    .argument('<pictures...>', 'files, folders of pictures, patterns such as "cats/*.jpg"')
    .requiredOption('--weights <file>', weightsText)
    .addOption(cacheOption())
    .option('--top <n>', 'answers per picture', whole(1), 5)
    .option(
      '--explain <out>',
      'draw where the network sees it: a file such as out.png, or a folder for several pictures',
    )
    .option('--class <name>', 'explain this class, by name or number (default: the most probable)')
    .option(
      '--block <path>',
      'explain by Grad-CAM at this block, such as stage3.block2 (default: class activation map)',
    )
  for (const option of [...knownOptions(), ...engineOptions()]) command.addOption(option)
  return command
    .addOption(jsonOption('{ network, pictures: [{ file, top: [{ label, probability }] }], unreadable }'))
    .addHelpText(
      'after',
      examples(
        'predict cat.jpg --weights hub:timm/resnet50.a1_in1k',
        'predict photos --weights best.safetensors --explain maps',
      ),
    )
    .action((names: string[], flags: PredictFlags) =>
      interruptible((signal) => predict(tasks, names, flags, signal), nothingKept),
    )
}

async function predict(
  tasks: CommandTasks,
  names: readonly string[],
  flags: PredictFlags,
  signal: AbortSignal,
): Promise<void> {
  const { files, leftOut: missed } = await findEach(names)
  if (files.length === 0) {
    if (flags.json) print(JSON.stringify({ network: null, pictures: [], unreadable: missed }))
    failWhere(missed, 0)
  }
  const network = await openWeights(flags, { signal, tasks: libraryTasks(tasks) })
  const open = partOf(tasks, network.spec, 'predict')
  await using predictor = await open(network, files, flags, signal)
  say(originText(flags.weights, network))
  const reads = readsText(network.spec)
  if (reads) say(reads)
  const answers: object[] = []
  const alpha = network.spec.input.channels === 4
  const leftOut: LeftOut[] = [...missed]
  try {
    await eachPicture(files, leftOut, { signal, alpha, quiet: !flags.json }, async (file, picture) => {
      const { answer, text } = await predictor.predict(file, picture)
      answers.push({ file, ...answer })
      if (!flags.json) print(`${answers.length > 1 ? '\n' : ''}${text}`)
    })
  } catch (error) {
    if (error instanceof Interrupted && answers.length > 0)
      error.tell(
        `stopped after ${answers.length} of ${files.length} pictures; their answers are whole; the rest again with: ${sameCommand()}`,
      )
    throw error
  } finally {
    // This also prints the answers of work that ends early.
    if (flags.json) print(JSON.stringify({ network: network.spec.name, pictures: answers, unreadable: leftOut }))
  }
  failWhere(leftOut, answers.length)
}
