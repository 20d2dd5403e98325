/** `resnet predict PICTURE…`: what a network sees on pictures, and where. */
import { mkdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { Command } from 'commander'
import {
  type Classifier,
  ConfigError,
  classifierOf,
  drawExplanation,
  type LayerPath,
  load,
  type PixelPicture,
  type Prediction,
  taskOfNetwork,
  textTable,
  type Upscaler,
  writePicture,
} from '../../internal.node.js'
import { eachPicture, failWhere, findEach, type LeftOut } from '../each-picture.js'
import { computeFrom, type EngineFlags, engineOptions, jsonOption, whole } from '../flags/options.js'
import {
  cacheOption,
  knownOptions,
  openWeights,
  originText,
  readsText,
  type WeightFlags,
  weightsText,
} from '../flags/weights.js'
import { type CommandTasks, libraryTasks } from '../tasks/task.js'
import { Interrupted, interruptible, nothingKept, sameCommand } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { oneLine, percentText, print, say } from '../terminal/output.js'

interface Flags extends WeightFlags, EngineFlags {
  readonly top: number
  readonly explain?: string
  readonly class?: string
  readonly block?: LayerPath
  readonly json?: true
}

export function predictCommand(tasks: CommandTasks): Command {
  const command = new Command()
    .argument('<pictures...>', 'files, folders of pictures, patterns such as "cats/*.jpg"')
    .requiredOption('--weights <file>', weightsText)
    .addOption(cacheOption())
    .option('--top <n>', 'answers a picture', whole(1), 5)
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
    .action((names: string[], flags: Flags) =>
      interruptible((signal) => predict(tasks, names, flags, signal), nothingKept),
    )
}

async function predict(
  tasks: CommandTasks,
  names: readonly string[],
  flags: Flags,
  signal: AbortSignal,
): Promise<void> {
  const { top, explain } = flags
  const { files, leftOut: missed } = await findEach(names)
  if (files.length === 0) {
    if (flags.json) print(JSON.stringify({ network: null, pictures: [], unreadable: missed }))
    failWhere(missed, 0)
  }
  const placeOf = explain === undefined ? undefined : places(explain, files)
  const library = libraryTasks(tasks)
  const network = await openWeights(flags, { signal, tasks: library })
  const own = tasks[taskOfNetwork(network.spec, library).name]!
  if (own.predict) {
    say(originText(flags.weights, network))
    const told = await own.predict(network, files, flags, signal)
    const pictures = told.map(({ answer }, i) => ({ file: files[i], ...answer }))
    if (flags.json) print(JSON.stringify({ network: network.spec.name, pictures, unreadable: missed }))
    else for (const { text } of told) print(text)
    failWhere(missed, told.length)
    return
  }
  classifierOf(network.spec)
  say(originText(flags.weights, network))
  const reads = readsText(network.spec)
  if (reads) say(reads)
  await using net = await load(network, computeFrom(flags, signal))
  const answers: { file: string; top: readonly Prediction[]; explained?: string }[] = []
  const alpha = network.spec.input.channels === 4
  const leftOut: LeftOut[] = [...missed]
  try {
    await eachPicture(files, leftOut, { signal, alpha, quiet: !flags.json }, async (file, picture) => {
      const best = await net.classify(picture, { top, signal })
      const place = placeOf?.(file)
      if (place !== undefined) await drawTo(place, net, picture, flags, signal)
      answers.push({ file, top: best, ...(place === undefined ? {} : { explained: place }) })
      if (!flags.json) print(`${answers.length > 1 ? '\n' : ''}${answerText(file, best)}`)
    })
  } catch (error) {
    if (error instanceof Interrupted && answers.length > 0)
      error.tell(
        `stopped after ${answers.length} of ${files.length} pictures; their answers are whole; the rest again with: ${sameCommand()}`,
      )
    throw error
  } finally {
    // Also where work ends early: what was answered until then is not lost.
    if (flags.json) print(JSON.stringify({ network: network.spec.name, pictures: answers, unreadable: leftOut }))
  }
  failWhere(leftOut, answers.length)
}

async function drawTo(
  place: string,
  net: Classifier | Upscaler,
  picture: PixelPicture,
  flags: Flags,
  signal: AbortSignal,
) {
  const explanation = await net.explain(picture, { block: flags.block, class: classOf(flags.class), signal })
  await writePicture(place, drawExplanation(picture, explanation))
  const { label, method, layer } = explanation
  say(oneLine(`${place}: where ${net.spec.name} sees ${label} (${method} at ${layer})`))
}

/** Digits are a number, unless they are none. */
function classOf(text: string | undefined): string | number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text
}

/** Where the drawing of a picture goes: the file itself for a single one, else a file of its name in a folder. */
function places(out: string, files: readonly string[]): (file: string) => string {
  const isFile = extname(out) !== ''
  if (isFile && files.length > 1)
    throw new ConfigError(`--explain ${out}: there are ${files.length} pictures, so name a folder to write them to`)
  if (isFile) return () => out
  mkdirSync(out, { recursive: true })
  const taken = new Map<string, string>()
  for (const file of new Set(files)) {
    const stem = basename(file, extname(file))
    const names = new Set(taken.values())
    let place = join(out, `${stem}.png`)
    for (let i = 2; names.has(place); i++) place = join(out, `${stem}-${i}.png`)
    taken.set(file, place)
  }
  return (file) => taken.get(file)!
}

/** Names and percentages are as wide in all tables, so that bars stand in line. */
const [LABEL, PERCENT] = [24, '100.0 %'.length]
/** Cells of a bar that is full. */
const BAR = 24
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** A table below the name of the file. */
export function answerText(file: string, answers: readonly Prediction[]): string {
  const rows = answers.map(({ label, probability }) => [
    '',
    label.padEnd(LABEL),
    percentText(100 * probability).padStart(PERCENT),
    bar(probability),
  ])
  return `${oneLine(file)}\n${textTable(rows, ['left', 'left', 'right', 'left'])}`
}

function bar(share: number): string {
  const eighths = Math.round(share * BAR * 8)
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]!
}
