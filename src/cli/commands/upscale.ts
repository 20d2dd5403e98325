/** `resnet upscale PICTURE…`: makes pictures larger and sharper with a network. */
import { mkdirSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { Command } from 'commander'
import { ConfigError, luminanceOf, quality, readPicture, writePicture } from '../../internal.node.js'
import { failWhere, findEach, type LeftOut, orReason } from '../each-picture.js'
import { type EngineFlags, engineOptions, jsonOption, whole } from '../flags/options.js'
import { openWeights } from '../flags/weights.js'
import { libraryTasks, partOf } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { Interrupted, interruptible, nothingKept, sameCommand } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { print } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'

interface Flags extends EngineFlags {
  readonly weights: string
  readonly scale?: number
  readonly out?: string
  readonly truth?: string
  readonly json?: true
}

export function upscaleCommand(tasks: CommandTasks): Command {
  const command = new Command()
    .argument('<pictures...>', 'files, folders of pictures, patterns such as "cats/*.jpg"')
    .requiredOption('--weights <file>', 'weights of an upscaling net; train one with: train --arch vdsr20')
    .option('--scale <n>', 'upscaling factor: 2, 3 or 4 (default: the only factor of the net)', whole(2))
    .option('--out <path>', 'a file, or a folder for several pictures (default: NAME-x2.png beside the picture)')
    .option('--truth <file>', 'the true large picture: prints PSNR and SSIM of luminance against it')
  for (const option of engineOptions()) command.addOption(option)
  return command
    .addOption(jsonOption('{ network, pictures: [{ file, out, width, height, psnr, ssim }], unreadable }'))
    .addHelpText('after', examples('upscale small.png --weights runs/vdsr20-folder/best.safetensors --scale 2'))
    .action((names: string[], flags: Flags) => interruptible((signal) => run(tasks, names, flags, signal), nothingKept))
}

async function run(tasks: CommandTasks, names: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const { weights, truth } = flags
  const { files, leftOut: missed } = await findEach(names)
  if (truth !== undefined && files.length > 1)
    throw new ConfigError(`--truth ${truth}: there are ${files.length} pictures; give one`)
  if (files.length === 0) {
    if (flags.json) print(JSON.stringify({ network: null, pictures: [], unreadable: missed }))
    failWhere(missed, 0)
  }
  const network = await openWeights({ weights }, { signal, tasks: libraryTasks(tasks) })
  const open = partOf(tasks, network.spec, 'upscale')
  await using enlarger = await open(network, flags.scale, flags, signal)
  const told: object[] = []
  const leftOut: LeftOut[] = [...missed]
  const progress = new Progress('tiles', (count) => String(count))
  const enlarge = async (file: string) => {
    try {
      const picture = await readPicture(file, { channels: 'exact' })
      const large = await enlarger.enlarge(picture, (done, of) => progress.update(done, of))
      const out = outOf(file, files.length > 1, large.width / picture.width, flags.out)
      await writePicture(out, large)
      const measured =
        truth === undefined
          ? undefined
          : quality(
              luminanceOf(large),
              luminanceOf(await readPicture(truth, { channels: 'exact' })),
              large.width / picture.width,
            )
      const { width, height } = large
      return { file, out, width, height, ...measured }
    } finally {
      progress.stop()
    }
  }
  try {
    for (const file of files) {
      const done = await orReason(file, () => enlarge(file))
      if ('reason' in done) leftOut.push(done)
      else {
        told.push(done)
        if (!flags.json) print(`${done.out}  ${done.width}x${done.height}${figuresText(done)}`)
      }
    }
  } catch (error) {
    progress.stop()
    if (error instanceof Interrupted && told.length > 0)
      error.tell(
        `stopped after ${told.length} of ${files.length} pictures; those are written and whole; all again with: ${sameCommand()}`,
      )
    throw error
  } finally {
    if (flags.json) print(JSON.stringify({ network: network.spec.name, pictures: told, unreadable: leftOut }))
  }
  failWhere(leftOut, told.length)
}

function figuresText({ psnr, ssim }: { readonly psnr?: number; readonly ssim?: number }): string {
  return psnr === undefined || ssim === undefined ? '' : `: PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)}`
}

/** The path of the result. Pictures with 16 bits or transparency need a format such as PNG. */
function outOf(file: string, several: boolean, scale: number, out: string | undefined): string {
  const name = `${basename(file, extname(file))}-x${scale}.png`
  if (out === undefined) return join(dirname(file), name)
  if (extname(out) === '') {
    mkdirSync(out, { recursive: true })
    return join(out, name)
  }
  if (several) throw new ConfigError(`--out ${out}: there are several pictures, so name a folder to write them to`)
  return out
}
