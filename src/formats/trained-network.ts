/** A trained network: every file of weights becomes one. */
import type { Normalisation, PictureSize } from '../data/dataset.js'
import { type Interpolation, interpolations } from '../data/picture/resize.js'
import { type SpecHeads, specHeadOf, specHeads } from '../spec/heads/index.js'
import type { InputSpec, NetworkSpec } from '../spec/spec.js'
import { limits } from '../util/budget.js'
import { DataError } from '../util/errors.js'
import { shown } from '../util/printable.js'
import type { Shape } from '../util/shape.js'

/** A tensor outside an engine: NCHW, OIHW. */
export interface Tensor {
  readonly shape: Shape
  readonly data: Float32Array
}

/** The preparation of a picture before the network reads it, and the meaning of the answers. */
export interface Preprocessing {
  readonly normalisation: Normalisation
  readonly input: InputSpec
  /**
   * The size of pictures before their centre, of the input's size, is cut out; left out where the input is the
   * whole picture.
   */
  readonly resize?: PictureSize | undefined
  /** How pictures are resized; by default bilinear. Either way every pixel counts where they shrink. */
  readonly interpolation?: Interpolation | undefined
  /** None where the network gives pictures. */
  readonly classes: readonly string[]
  /** Whether the file held no names, and those in `classes` were guessed from their number: then they prove nothing. */
  readonly classesAssumed?: true | undefined
  /** Of networks that give pictures: by how much these can be larger than what is given. */
  readonly scales?: readonly number[] | undefined
}

/** A network that can be put to work. */
export interface TrainedNetwork {
  readonly spec: NetworkSpec
  readonly preprocessing: Preprocessing
  /** Parameters and running statistics, by path. */
  readonly weights: ReadonlyMap<string, Tensor>
}

/** Times as many tensors as a file holds: so much may be missing before it is no more worth a list. */
const MOST_MISSING = 2

/**
 * Before a network of this spec is laid out: a small file must not ask for ten thousand layers.
 * @param tensors that the file holds
 * @throws DataError, naming no file, when they are far too few
 */
export function expectEnough({ stem, stages }: NetworkSpec, tensors: number): void {
  let least = 0
  for (const { kind } of stem) least += kind === 'conv' ? 1 : kind === 'norm' ? 4 : 0
  for (const { blocks } of stages) for (const { branch, norm = true } of blocks) least += branch.length * (norm ? 5 : 1) // a norm has four
  if (least > MOST_MISSING * (tensors + 50))
    throw new DataError(`its spec has ${least} tensors or more, the file holds ${tensors}; it is damaged, or not whole`)
}

/** @throws DataError, naming no file, when what a file says of pictures does not fit its spec */
export function checkPreprocessing(
  stated: Preprocessing,
  { input, head }: NetworkSpec,
  heads: SpecHeads = specHeads,
): void {
  const { normalisation, classes, resize, interpolation } = stated
  const wrong = (what: string) => new DataError(`its preprocessing does not fit its spec: ${what}`)
  const misfit = specHeadOf(head, heads).misfit(head, { classes, scales: stated.scales })
  if (misfit !== undefined) throw wrong(misfit)
  if (!classes.every((text) => typeof text === 'string' && text.length <= limits.name))
    throw wrong(`class names must be texts, of at most ${limits.name} characters`)
  if (![undefined, true].includes(stated.classesAssumed)) throw wrong('classesAssumed must be true or left out')
  for (const values of [normalisation?.mean, normalisation?.std])
    if (!Array.isArray(values) || values.length !== input.channels || !values.every(Number.isFinite))
      throw wrong(`mean and std must be ${input.channels} numbers each, got ${shown(normalisation)}`)
  if (!normalisation.std.every((value) => value > 0))
    throw wrong(`std must be above 0, got ${shown(normalisation.std)}`)
  if (resize !== undefined) checkResize(resize, input, wrong)
  if (interpolation !== undefined && !interpolations.includes(interpolation))
    throw wrong(`interpolation must be ${interpolations.join(' or ')}, got ${shown(interpolation)}`)
  for (const field of ['channels', 'height', 'width'] as const)
    if (stated.input?.[field] !== input[field]) {
      const got = shown(stated.input?.[field], 40)
      throw wrong(`${field} ${got} for pictures of ${input[field]}`)
    }
}

/** Times that what pictures are resized to can be as large as the part of it that is read: usually it is 8/7. */
const MOST_MARGIN = 4

function checkResize(resize: PictureSize, input: PictureSize, wrong: (what: string) => DataError): void {
  for (const side of ['height', 'width'] as const) {
    const given: unknown = resize?.[side]
    if (!Number.isSafeInteger(given) || Number(given) < input[side] || Number(given) > MOST_MARGIN * input[side])
      throw wrong(
        `resize must be at least ${input.height}x${input.width} and at most ${MOST_MARGIN} times as much, got ${shown(resize)}`,
      )
  }
}
