/** Runs an upscaling network on pictures of any size, in overlapping tiles. */
import { bicubic, type Plane } from '../../data/bicubic.js'
import type { Normalisation, PictureSize } from '../../data/dataset.js'
import type { Engine, Executable } from '../../engine/engine.js'
import { planFor } from '../../inference/compile.js'
import { allFinite } from '../../inference/finite.js'
import { lostAnswers } from '../../inference/lost-numbers.js'
import { type Tensor, writeWeights } from '../../inference/weights.js'
import { forwardGraph } from '../../model/forward.js'
import type { Plan } from '../../plan/plan.js'
import { pictureHeadOf } from '../../spec/heads/index.js'
import { reachOf } from '../../spec/reach.js'
import type { NetworkSpec } from '../../spec/spec.js'
import { ConfigError } from '../../util/errors.js'
import { type Tile, tilesOf } from './tiles.js'

/** The side of an output tile in pixels, unless the receptive field reaches farther than a quarter of it. */
const TILE = 256
/** The number of compiled plans that are kept: for whole tiles, and for pictures with a shorter side. */
const KEPT_PLANS = 3

/** Options for one picture. */
export interface EnlargeOptions {
  /** The upscaling factor. A network that enlarges by itself has one factor of its own. */
  readonly scale: number
  readonly normalisation: Normalisation
  readonly signal?: AbortSignal | undefined
  /** Called after each tile. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Runs a network on planes of any size. Dispose of it when done; the engine stays open. */
export class Enlarger {
  readonly spec: NetworkSpec
  readonly #engine: Engine
  /** The side of an input tile in pixels. */
  readonly #tile: number
  /** Compiled plans by height and width of their input, with the most recently used at the end. */
  readonly #plans = new Map<string, Executable>()
  #weights: ReadonlyMap<string, Tensor> = new Map()

  /**
   * An enlarger that compiles a plan for each size of tile when it is needed.
   * @param side the side of the input tile in pixels
   */
  constructor(engine: Engine, spec: NetworkSpec, side = tileOf(spec)) {
    this.#engine = engine
    this.spec = spec
    this.#tile = side
  }

  /**
   * The plan for the largest tile, for `open`.
   * @param side the side of the input tile in pixels
   */
  static plan(engine: Engine, spec: NetworkSpec, side = tileOf(spec)): Plan {
    return planOf(engine, spec, { height: side, width: side })
  }

  /** An enlarger whose largest plan is already compiled. */
  static async open(engine: Engine, spec: NetworkSpec, plan: Plan, side = tileOf(spec)): Promise<Enlarger> {
    const enlarger = new Enlarger(engine, spec, side)
    enlarger.#plans.set(`${side}x${side}`, await engine.compile(plan))
    return enlarger
  }

  /**
   * Sets parameters and running statistics, by path.
   * @throws DataError when they are not exactly those of the network
   */
  setWeights(weights: ReadonlyMap<string, Tensor>): void {
    this.#weights = weights
    for (const executable of this.#plans.values()) this.#write(executable)
  }

  /**
   * Enlarges a plane of values from 0 to 255. The result may leave that range.
   * @throws LostNumbers when a value of the result is no number
   */
  async enlarge(plane: Plane, options: EnlargeOptions): Promise<Plane<Float32Array>> {
    const { scale, normalisation, signal, onProgress } = options
    const { enlarge } = pictureHeadOf(this.spec)
    const large = { height: plane.height * scale, width: plane.width * scale }
    const read = enlarge === 1 ? bicubic(plane, large) : plane
    const [tile, reach] = [this.#tile, reachOf(this.spec)]
    const [rows, columns] = [tilesOf(read.height, tile, reach), tilesOf(read.width, tile, reach)]
    const size = { height: Math.min(tile, read.height), width: Math.min(tile, read.width) }
    const values = new Float32Array(large.height * large.width)
    let done = 0
    for (const row of rows)
      for (const column of columns) {
        signal?.throwIfAborted()
        const result = await this.#run(read, size, row, column, normalisation)
        keep(result, row, column, size.width, enlarge, values, large.width)
        onProgress?.(++done, rows.length * columns.length)
      }
    const [mean, std] = [normalisation.mean[0]!, normalisation.std[0]!]
    for (let i = 0; i < values.length; i++) values[i] = 255 * (values[i]! * std + mean)
    return { ...large, values }
  }

  async dispose(): Promise<void> {
    for (const executable of this.#plans.values()) await executable.dispose()
    this.#plans.clear()
  }

  async #run(
    { width, values }: Plane,
    size: PictureSize,
    row: Tile,
    column: Tile,
    { mean, std }: Normalisation,
  ): Promise<Float32Array> {
    const input = new Float32Array(size.height * size.width)
    for (let y = 0; y < size.height; y++)
      for (let x = 0; x < size.width; x++)
        input[y * size.width + x] = (values[(row.start + y) * width + column.start + x]! / 255 - mean[0]!) / std[0]!
    const executable = await this.#plan(size)
    executable.write('pictures', input)
    await executable.run()
    const result = await executable.read('picture')
    if (!allFinite(result))
      throw await lostAnswers(this.#engine, {
        spec: sizedSpec(this.spec, size),
        weights: this.#weights,
        pictures: input,
      })
    return result
  }

  /**
   * Enlarges the top left corner of the plane, as much as fits into one run.
   * @throws LostNumbers when a value of the result is no number
   */
  async tryOut({ width, height, values }: Plane, options: EnlargeOptions): Promise<void> {
    const most = Math.max(
      1,
      Math.floor(pictureHeadOf(this.spec).enlarge === 1 ? this.#tile / options.scale : this.#tile),
    )
    const corner = { height: Math.min(height, most), width: Math.min(width, most) }
    const part = new Float32Array(corner.height * corner.width)
    for (let y = 0; y < corner.height; y++)
      for (let x = 0; x < corner.width; x++) part[y * corner.width + x] = values[y * width + x]!
    await this.enlarge({ ...corner, values: part }, options)
  }

  async #plan(size: PictureSize): Promise<Executable> {
    const key = `${size.height}x${size.width}`
    const kept = this.#plans.get(key)
    this.#plans.delete(key)
    const executable = kept ?? (await this.#engine.compile(planOf(this.#engine, this.spec, size)))
    this.#plans.set(key, executable)
    if (!kept) this.#write(executable)
    for (const [oldest, plan] of [...this.#plans].slice(0, -KEPT_PLANS)) {
      this.#plans.delete(oldest)
      await plan.dispose()
    }
    return executable
  }

  #write(executable: Executable): void {
    const state = executable.plan.graph.inputs.filter(({ role }) => role === 'parameter' || role === 'buffer')
    writeWeights(executable, state, this.#weights, this.spec.name)
  }
}

/** The error for an upscaling factor that a network has not learned. */
export function wrongScale(name: string, scales: readonly number[], scale: number): ConfigError {
  return new ConfigError(
    `${name}: enlarges ${scales.join(', ')} times, got scale ${scale}; take weights that were trained for this scale`,
  )
}

/** The side of an input tile in pixels. */
function tileOf(spec: NetworkSpec): number {
  return Math.max(Math.round(TILE / pictureHeadOf(spec).enlarge), 4 * reachOf(spec))
}

function planOf(engine: Engine, spec: NetworkSpec, size: PictureSize): Plan {
  return planFor(engine, forwardGraph(sizedSpec(spec, size), { batch: 1, mode: 'inference' }))
}

/** The spec for pictures of another size. */
function sizedSpec(spec: NetworkSpec, { height, width }: PictureSize): NetworkSpec {
  return { ...spec, input: { channels: spec.input.channels, height, width } }
}

/** Copies the output of a tile for its own part of the picture. */
function keep(
  result: Float32Array,
  row: Tile,
  column: Tile,
  tileWidth: number,
  enlarge: number,
  out: Float32Array,
  outWidth: number,
): void {
  for (let y = row.from * enlarge; y < row.to * enlarge; y++) {
    const from = (y - row.start * enlarge) * tileWidth * enlarge + (column.from - column.start) * enlarge
    out.set(result.subarray(from, from + (column.to - column.from) * enlarge), y * outWidth + column.from * enlarge)
  }
}
