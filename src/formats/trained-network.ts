/** A trained network. Every file of weights becomes one. */
import type { Normalisation, PictureSize } from '../data/dataset.js'
import { type Interpolation, interpolations } from '../data/picture/resize.js'
import { type SpecHeads, specHeadOf, specHeads } from '../spec/heads/index.js'
import type { InputSpec, NetworkSpec } from '../spec/spec.js'
import { limits } from '../util/budget.js'
import { DataError } from '../util/errors.js'
import { shown } from '../util/printable.js'
import type { Shape } from '../util/shape.js'

/** A tensor outside an engine, NCHW or OIHW. */
export interface Tensor {
  readonly shape: Shape
  readonly data: Float32Array
}

/** How a picture is prepared for the network, and what the answers mean. */
export interface Preprocessing {
  readonly normalisation: Normalisation
  readonly input: InputSpec
  /** The size of pictures before the centre is cropped to the input's size; left out if the whole picture is read. */
  readonly resize?: PictureSize | undefined
  /** Interpolation in resizing, by default bilinear. Both kinds count every pixel when they shrink. */
  readonly interpolation?: Interpolation | undefined
  /** Names of the classes; empty if the network gives pictures. */
  readonly classes: readonly string[]
  /** Set if the file held no names, so that `classes` is guessed from their number and proves nothing. */
  readonly classesAssumed?: true | undefined
  /**
   * Set if the layers were matched by the order of their tensors alone. The network may be another one, until it is
   * right about labelled data.
   */
  readonly unproven?: true | undefined
  /** For networks that give pictures: the factors by which they enlarge. */
  readonly scales?: readonly number[] | undefined
}

/** A network that can be put to work. */
export interface TrainedNetwork {
  readonly spec: NetworkSpec
  readonly preprocessing: Preprocessing
  /** Parameters and running statistics, by path. */
  readonly weights: ReadonlyMap<string, Tensor>
}

/** A spec may have at most this many times the tensors of its file. Beyond that a list of missing ones is useless. */
const MOST_MISSING = 2

/**
 * Runs before a network of this spec is built: a small file must not ask for ten thousand layers.
 * @param tensors number of tensors in the file
 * @throws DataError, without the file's name, if they are far too few
 */
export function expectEnough({ stem, stages }: NetworkSpec, tensors: number): void {
  let least = 0
  for (const { kind } of stem) least += kind === 'conv' ? 1 : kind === 'norm' ? 4 : 0
  for (const { blocks } of stages) for (const { branch, norm = true } of blocks) least += branch.length * (norm ? 5 : 1) // a norm has four
  if (least > MOST_MISSING * (tensors + 50))
    throw new DataError(`its spec has ${least} tensors or more, the file holds ${tensors}; it is damaged, or not whole`)
}

/** @throws DataError, without the file's name, if a file's preprocessing does not fit its spec */
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
  if (![undefined, true].includes(stated.unproven)) throw wrong('unproven must be true or left out')
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

/** The most times that the resized picture may be larger than the crop. Usually it is 8/7. */
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
