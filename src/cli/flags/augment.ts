/** `--augment` and `--jitter`: the random changes of training pictures, as flags and as part of a recipe. */
import { InvalidArgumentError, Option } from 'commander'
import { type Augmentation, type Dataset, type Jitter, usualCrop } from '../../internal.node.js'
import { number, oneOf } from './options.js'

const kinds = ['crop', 'resized-crop', 'none'] as const
type Kind = (typeof kinds)[number]

export interface AugmentFlags {
  /** False for `--no-augment`. */
  readonly augment?: Kind | false
  readonly jitter?: Jitter
}

export function augmentOptions(): Option[] {
  return [
    new Option(
      '--augment <kind>',
      `${kinds.join(', ')}; all but none mirror half of the pictures (default: resized-crop for a folder, else crop)`,
    ).argParser(oneOf(kinds)),
    new Option('--no-augment', 'the same as --augment none'),
    new Option(
      '--jitter <s>',
      'change brightness, contrast and saturation by up to this share; or three numbers, for example 0.4,0.4,0.2',
    ).argParser(jitter),
  ]
}

function jitter(value: string): Jitter {
  const [brightness, contrast = brightness, saturation = brightness, ...more] = value.split(',').map(number)
  const strengths = [brightness, contrast, saturation] as [number, number, number]
  const given = value.split(',').length
  if (
    (given !== 1 && given !== 3) ||
    more.length > 0 ||
    strengths.some((strength) => !(strength >= 0 && strength <= 1))
  )
    throw new InvalidArgumentError('Expected a number from 0 to 1, or three of them.')
  return { brightness: strengths[0], contrast: strengths[1], saturation: strengths[2] }
}

/**
 * The padding before the crop: 4 for pictures of 32 pixels, others in proportion, and 0 for pictures that are larger
 * than the input.
 */
export function augmentationOf(flags: AugmentFlags, { name, train }: Dataset): Augmentation {
  const kind = flags.augment === false ? 'none' : (flags.augment ?? (name === 'folder' ? 'resized-crop' : 'crop'))
  const colours = flags.jitter ? { jitter: flags.jitter } : {}
  if (kind === 'none') return { pad: 0, flip: false, ...colours }
  if (kind === 'resized-crop') return { pad: 0, flip: true, resizedCrop: usualCrop, ...colours }
  return { pad: train.window ? 0 : Math.round(train.height / 8), flip: true, ...colours }
}

/** The flags by their names in messages, each with the given value and the value of the recipe. */
export function compareAugmentation(
  { augment, jitter }: AugmentFlags,
  held: Augmentation,
): [flag: string, given: string | undefined, held: string][] {
  const kind: Kind = held.resizedCrop ? 'resized-crop' : held.flip || held.pad > 0 ? 'crop' : 'none'
  const strengths = (own: Jitter) => [own.brightness, own.contrast, own.saturation].join(',')
  return [
    [augment === false ? '--no-augment: augmentation' : '--augment', augment === false ? 'none' : augment, kind],
    ['--jitter', jitter && strengths(jitter), held.jitter ? strengths(held.jitter) : 'none'],
  ]
}
