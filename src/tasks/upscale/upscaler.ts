/**
 * A network that upscales pictures and sharper (super-resolution). The result has the channels and the bit depth of
 * the input.
 */

import { bicubic, type Plane } from '../../data/bicubic.js'
import { isSource, type Picture, type PictureSource, type PixelPicture } from '../../data/picture/picture.js'
import { Network, type RunOptions } from '../../inference/network.js'
import { pixelsOf } from '../../inference/picture.js'
import { wrongHead } from '../../spec/heads/index.js'
import type { PictureHead } from '../../spec/spec.js'
import { ConfigError, DataError } from '../../util/errors.js'
import { callback, expectOptions, signal as signalKind, whole } from '../../util/expect.js'
import type { Evaluated } from '../evaluated.js'
import type { UpscalingData } from './data.js'
import { Enlarger, wrongScale } from './enlarger.js'
import type { UpscalingEvaluation } from './scores.js'

/** Options of `upscale`. */
export interface UpscaleOptions extends RunOptions {
  /** The upscaling factor: 2, 3 or 4, one that the network has learned. Default: its only factor. */
  readonly scale?: number | undefined
  /** Called after each tile of the picture. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** The most pixels of the result, whose channels must fit into memory as floats. */
const MOST_PIXELS = 1 << 26

/** A network that upscales pictures (super-resolution). Its `kind` is `upscaler`. */
export class Upscaler extends Network<PictureHead> {
  override readonly kind = 'upscaler'
  #enlarger: Enlarger | undefined

  /** The upscaling factors that it has learned. */
  get scales(): readonly number[] {
    return this.preprocessing.scales ?? []
  }

  /**
   * Makes a picture `scale` times as wide and as high, with the same channels and bit depth.
   * @param given a decoded picture, or the path or address, `Blob` or bytes of its file
   * @throws ConfigError for a factor that the network has not learned; DataError for a picture that cannot be read, is
   * invalid, or would become too large
   */
  async upscale(given: Picture | PictureSource, options: UpscaleOptions = {}): Promise<PixelPicture> {
    expectOptions(options, 'upscale: options', { scale: whole(1), signal: signalKind, onProgress: callback })
    const { name } = this.spec
    const { scales } = this
    const { scale = scales.length === 1 ? scales[0]! : undefined, signal, onProgress } = options
    if (scale === undefined)
      throw new ConfigError(`${name}: enlarges ${scales.join(', ')} times`, {
        remedy: {
          code: `say by how much: { scale: ${scales[0]} }`,
          shell: `say by how much, as --scale ${scales[0]}`,
        },
      })
    if (!scales.includes(scale)) throw wrongScale(name, scales, scale)
    const picture = pixelsOf(isSource(given) ? await this.decoded(given, options, true) : given, 'upscale: picture')
    const size = { height: picture.height * scale, width: picture.width * scale }
    if (size.height * size.width > MOST_PIXELS)
      throw new DataError(
        `upscale: a picture of ${size.width}x${size.height} pixels is too large, ${MOST_PIXELS} pixels are possible; cut ` +
          'the picture, or take a smaller scale',
      )
    const { pictureOf, planesOf } = await import('./planes.js') // pages that classify do without
    const [y, ...others] = planesOf(picture) as [Plane, ...Plane[]]
    const { normalisation } = this.preprocessing
    const runner = await this.runner()
    const sharp = await runner.exclusively(async () => {
      signal?.throwIfAborted()
      this.#enlarger ??= await this.#open()
      return this.#enlarger.enlarge(y, { scale, normalisation, signal, onProgress })
    })
    return pictureOf([sharp, ...others.map((plane) => bicubic(plane, size))], picture)
  }

  /**
   * Evaluates the network on the test part of a data set: PSNR and SSIM. See `evaluate`.
   * @throws ConfigError for a factor that the network has not learned
   */
  evaluate(data: UpscalingData, options: RunOptions = {}): Promise<UpscalingEvaluation & Evaluated> {
    return this.measured(data, options) as Promise<UpscalingEvaluation & Evaluated>
  }

  /** Always throws: only a `Classifier` classifies. @throws ConfigError */
  async classify(..._given: unknown[]): Promise<never> {
    throw wrongHead('classifier', this.spec)
  }

  /** Always throws, as `classify` does. @throws ConfigError */
  async predict(..._given: unknown[]): Promise<never> {
    throw wrongHead('classifier', this.spec)
  }

  /** Always throws, as `classify` does. @throws ConfigError */
  async explain(..._given: unknown[]): Promise<never> {
    throw wrongHead('classifier', this.spec)
  }

  /** Always throws, as `classify` does. @throws ConfigError */
  async embed(..._given: unknown[]): Promise<never> {
    throw wrongHead('classifier', this.spec)
  }

  /** Always throws: `outputs` gives the picture of a batch. @throws ConfigError */
  async logits(..._given: unknown[]): Promise<never> {
    throw wrongHead('classifier', this.spec)
  }

  async #open(): Promise<Enlarger> {
    const enlarger = new Enlarger(await this.ready(), this.spec)
    enlarger.setWeights(this.weights)
    this.owned.push(enlarger)
    return enlarger
  }
}
