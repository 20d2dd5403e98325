/**
 * Reads a folder of pictures to learn upscaling from. It has `train/` and `test/` (or `val/`), or it is any folder of
 * pictures; then every tenth picture is held out for the test. Only their luminance is kept.
 */
import { join } from 'node:path'
import type { Plane } from '../../data/bicubic.js'
import type { Unreadable } from '../../data/dataset.js'
import { findPictures } from '../../data/folder/find-pictures.node.js'
import { type PartName, partOf } from '../../data/folder/parts.js'
import { folderView } from '../../data/folder/view.node.js'
import { luminanceOf } from '../../data/luminance-plane.js'
import { readPicture } from '../../data/picture/file.node.js'
import { ConfigError, DataError, ResnetError } from '../../util/errors.js'
import { callback, expectKind, expectOptions, list, name, signal as signalKind, whole } from '../../util/expect.js'
import { luminanceNormalisation, type UpscalingData } from './data.js'

/** Options for reading a folder of pictures. */
export interface UpscalingFolderOptions {
  /** The upscaling factors. Default: 2. */
  readonly scales?: readonly number[] | undefined
  /** The most pixels of all pictures together. Default: 2^30, which is a GiB of luminance. */
  readonly mostPixels?: number | undefined
  /** Called while pictures are decoded. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  /** Called with sentences about files that were skipped. */
  readonly onNote?: ((note: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** One of this number of pictures is held out. */
const HELD_OUT = 10
/** The smallest side of a picture in pixels. SSIM has a window of 11, and at the factor 4 a border of 4 is left out. */
const LEAST_SIDE = 24

/**
 * Loads the luminance of a folder of pictures. Pictures that cannot be read or are smaller than 24 pixels are left out
 * and listed in `unreadable`.
 * @throws DataError when there are no pictures to learn from or to test on, or too many pixels; ConfigError for scales
 * other than 2, 3 and 4
 */
export async function upscalingFolder(path: string, options: UpscalingFolderOptions = {}): Promise<UpscalingData> {
  expectKind(path, 'upscalingFolder: path', name)
  const fields = { scales: list, mostPixels: whole(1), onProgress: callback, signal: signalKind }
  expectOptions(options, 'upscalingFolder: options', fields)
  const { scales = [2], mostPixels = 1 << 30, onProgress, signal } = options
  if (scales.length === 0 || scales.some((scale) => ![2, 3, 4].includes(scale)))
    throw new ConfigError(`scales: expected some of 2, 3, 4, got ${scales.join(', ') || 'none'}`)
  const { train: toTrain, test: toTest } = await filesOf(path, options.onNote)
  const total = toTrain.length + toTest.length
  const unreadable: Unreadable[] = []
  let [done, pixels] = [0, 0]
  const read = async (files: readonly string[]) => {
    const planes: Plane<Uint8Array>[] = []
    for (const file of files) {
      signal?.throwIfAborted()
      try {
        const plane = luminanceOf(await readPicture(file, { channels: 'exact' }))
        pixels += plane.height * plane.width
        if (Math.min(plane.height, plane.width) < LEAST_SIDE)
          unreadable.push({
            file,
            reason: `only ${plane.width}x${plane.height} pixels, at least ${LEAST_SIDE} are needed`,
          })
        else planes.push(plane)
      } catch (error) {
        if (!(error instanceof ResnetError)) throw error
        unreadable.push({ file, reason: error.message })
      }
      if (pixels > mostPixels)
        throw new DataError(`${path}: its pictures have more than ${mostPixels} pixels together; take fewer of them`)
      onProgress?.(++done, total)
    }
    return planes
  }
  const [train, test] = [await read(toTrain), await read(toTest)]
  if (train.length === 0 || test.length === 0)
    throw new DataError(
      `${path}: ${train.length} pictures to learn from and ${test.length} to test on can be read, at least one of each is needed`,
    )
  return { name: 'folder', scales, train, test, normalisation: luminanceNormalisation, unreadable }
}

async function filesOf(
  path: string,
  onNote: UpscalingFolderOptions['onNote'],
): Promise<{ readonly train: string[]; readonly test: string[] }> {
  const { folders } = await folderView(path)
    .list('', true)
    .catch(() => ({ folders: [] })) // findPictures says what is wrong
  const part = async (wanted: PartName) => {
    const named = folders.filter((name) => partOf(name) === wanted)
    if (named.length > 1)
      throw new DataError(
        `${path}: holds ${named[0]}/ and ${named[1]}/, and both names mean the part ${wanted}; merge them, or move one of them out`,
      )
    return named[0] === undefined ? undefined : findPictures([join(path, named[0])], { onNote })
  }
  const [train, test] = [await part('train'), (await part('test')) ?? (await part('val'))]
  if (train && test) return { train, test }
  const all = await findPictures([path], { onNote })
  const isHeldOut = (index: number) => index % HELD_OUT === Math.min(HELD_OUT, all.length) - 1
  return { train: all.filter((_, i) => !isHeldOut(i)), test: all.filter((_, i) => isHeldOut(i)) }
}
