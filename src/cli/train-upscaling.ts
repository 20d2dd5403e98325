/** `resnet train --task upscale`: trains a network that makes pictures larger, into the folder of a run. */
import { join } from 'node:path'
import {
  ConfigError,
  createTrainer,
  forUpscaling,
  loadDataset,
  type PresetName,
  preset,
  presetsFor,
  type RecipeOptions,
  RunFolder,
  RunKeeper,
  trainToEnd,
  upscalingFolder,
} from '../node.js'
import { Interrupted } from './interrupt.js'
import type { DataFlags, EngineFlags } from './options.js'
import { print, rateText, say } from './output.js'
import { Progress } from './progress.js'

/** What belongs to this task. */
export interface UpscalingFlags extends DataFlags, EngineFlags {
  readonly arch?: PresetName
  readonly scale?: number[]
  readonly size?: number
  readonly saveDir?: string
  readonly json?: true
}

export async function trainUpscaling(flags: UpscalingFlags, recipe: RecipeOptions, signal: AbortSignal): Promise<void> {
  const { arch = 'vdsr20', scale: scales = [2], engine, threads, dataset = 'builtin' } = flags
  if (!presetsFor('upscale').includes(arch))
    throw new ConfigError(`--arch ${arch}: tells classes apart; for pictures take ${presetsFor('upscale').join(', ')}`)
  const data = await loadPictures(flags, dataset, scales, signal)
  const enlarges = arch === 'edsr_baseline'
  const side = Math.min(flags.size ?? preset(arch).input.height, smallestSide(data.train, enlarges ? scales[0]! : 1))
  const input = { channels: 1, height: side, width: side }
  const spec = preset(arch, { input, ...(enlarges ? { scale: scales[0]! } : {}) })
  const trainer = await createTrainer(spec, data, recipe, { engine, threads, signal })
  const folder = new RunFolder(flags.saveDir ?? join('runs', `${arch}-${dataset}`))
  const progress = new Progress('training', (count) => `${count} steps`)
  try {
    say(`${spec.name} on ${data.name}: ${data.train.length} training and ${data.test.length} test pictures`)
    say(`engine ${trainer.engine.build}: ${trainer.engine.reason}`)
    await folder.startAnew()
    const keeper = new RunKeeper(trainer, folder)
    const result = await trainToEnd(trainer, {
      onProgress: ({ step, totalSteps }) => {
        progress.update(step, totalSteps)
        return keeper.progress(step)
      },
      onEpoch: (record) => {
        progress.stop()
        const { test } = record
        say(
          `epoch ${record.epoch}  loss ${record.train.loss.toFixed(5)}  test PSNR ${test!.psnr.toFixed(2)} dB ` +
            `(bicubic ${test!.bicubic.psnr.toFixed(2)})`,
        )
        return keeper.epoch(record)
      },
    }).catch(async (error: unknown) => {
      progress.stop()
      if (error instanceof Interrupted) say(`stopped after step ${await keeper.save()}, saved in ${folder.path}`)
      throw error
    })
    const { psnr, ssim, bicubic } = result.test
    if (flags.json)
      print(
        JSON.stringify({
          epochs: result.epochs,
          test: result.test,
          weightHash: result.weightHash,
          checkpoint: folder.last,
        }),
      )
    else
      print(
        [
          `test PSNR ${psnr.toFixed(2)} dB, SSIM ${ssim.toFixed(4)} (bicubic ${bicubic.psnr.toFixed(2)} dB, ${bicubic.ssim.toFixed(4)})`,
          `${rateText(result.imagesPerSecond)} on ${result.engine}; weights ${result.weightHash}`,
          `saved in ${folder.path}: last.safetensors, best.safetensors (best on test), metrics.jsonl`,
        ].join('\n'),
      )
  } finally {
    progress.stop()
    await trainer.dispose()
    folder.release()
  }
}

async function loadPictures(flags: UpscalingFlags, dataset: string, scales: readonly number[], signal: AbortSignal) {
  if (dataset !== 'folder') {
    const limit = { train: flags.limitTrain, test: flags.limitTest ?? 100 }
    return forUpscaling(await loadDataset(flags.dataset ?? 'builtin', flags.data, { limit }), scales)
  }
  const progress = new Progress('decoding', (count) => `${count} pictures`)
  try {
    const onProgress = (done: number, total: number) => progress.update(done, total)
    return await upscalingFolder(flags.data ?? '.', { scales, signal, onProgress })
  } finally {
    progress.stop()
  }
}

/** Pixels of the largest patch that fits on every picture, at most so many times smaller ones. */
function smallestSide(planes: readonly { readonly height: number; readonly width: number }[], factor: number): number {
  return Math.floor(planes.reduce((side, { height, width }) => Math.min(side, height, width), Infinity) / factor)
}
