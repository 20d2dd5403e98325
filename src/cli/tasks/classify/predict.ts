/** `resnet predict` for classifiers: prints the most probable classes of a picture, and draws their evidence. */
import { mkdirSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import {
  type Classifier,
  ConfigError,
  type DecodedNetwork,
  drawExplanation,
  load,
  type PixelPicture,
  type Prediction,
  textTable,
  type Upscaler,
  writePicture,
} from '../../../internal.node.js'
import type { PredictFlags } from '../../flags/network.js'
import { computeFrom } from '../../flags/options.js'
import { oneLine, percentText, say } from '../../terminal/output.js'
import type { Predictor } from '../task.js'

export async function predict(
  network: DecodedNetwork,
  files: readonly string[],
  flags: PredictFlags,
  signal: AbortSignal,
): Promise<Predictor> {
  const { top, explain } = flags
  const placeOf = explain === undefined ? undefined : places(explain, files)
  const net = await load(network, computeFrom(flags, signal))
  return {
    predict: async (file, picture) => {
      const best = await net.classify(picture, { top, signal })
      const place = placeOf?.(file)
      if (place !== undefined) await drawTo(place, net, picture, flags, signal)
      return {
        answer: { top: best, ...(place === undefined ? {} : { explained: place }) },
        text: answerText(file, best),
      }
    },
    [Symbol.asyncDispose]: () => net.dispose(),
  }
}

async function drawTo(
  place: string,
  net: Classifier | Upscaler,
  picture: PixelPicture,
  flags: PredictFlags,
  signal: AbortSignal,
) {
  const explanation = await net.explain(picture, { block: flags.block, class: classOf(flags.class), signal })
  await writePicture(place, drawExplanation(picture, explanation))
  const { label, method, layer } = explanation
  say(oneLine(`${place}: where ${net.spec.name} sees ${label} (${method} at ${layer})`))
}

/** The number of a class if the text is digits, otherwise its name. */
function classOf(text: string | undefined): string | number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text
}

/** The path of a picture's drawing: the given file for a single picture, otherwise a file in the given folder. */
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

/** Names and percentages have the same width in all tables, so that the bars align. */
const [LABEL, PERCENT] = [24, '100.0 %'.length]
/** The cells of a full bar. */
const BAR = 24
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** The table of answers below the name of the file. */
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
