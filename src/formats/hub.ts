/** The settings beside weights on the Hugging Face Hub: they tell how timm prepares pictures, and names of classes. */
import type { Interpolation } from '../data/picture/resize.js'
import { Budget } from '../util/budget.js'
import { DataError } from '../util/errors.js'
import { parseJson } from '../util/json.js'
import { shown } from '../util/printable.js'
import type { RecogniseOptions } from './names/recognise.js'

const FILE = 'config.json'

/** The fields that are read from timm's settings. */
interface TimmSettings {
  readonly mean?: unknown
  readonly std?: unknown
  readonly input_size?: unknown
  readonly crop_pct?: unknown
  readonly interpolation?: unknown
  readonly label_names?: unknown
  readonly label_descriptions?: unknown
}

/**
 * Reads from a `config.json` how pictures are prepared and what the classes are called. Leaves out missing settings.
 * @param who starts every error
 * @throws DataError if it is not JSON or has invalid settings
 */
export function settingsOf(config: Uint8Array, who: string): Pick<RecogniseOptions, 'pictures' | 'classes'> {
  const budget = new Budget(who, config.length)
  const whole = parsed(config, budget)
  const own = whole.pretrained_cfg
  const settings: TimmSettings = { ...whole, ...(typeof own === 'object' ? own : {}) }
  const classes = classesOf(settings)
  for (const name of classes ?? []) budget.name(name, 'a class')
  return { pictures: picturesOf(settings, who), ...(classes ? { classes } : {}) }
}

function parsed(config: Uint8Array, budget: Budget): TimmSettings & { readonly pretrained_cfg?: object } {
  const value = parseJson(new TextDecoder().decode(config), budget)
  if (typeof value === 'object' && value !== null) return value
  return budget.fail(`its ${FILE} is no JSON object`)
}

function picturesOf(settings: TimmSettings, who: string): NonNullable<RecogniseOptions['pictures']> {
  const wrong = (name: string, expected: string, got: unknown) =>
    new DataError(`${who}: ${name} in its ${FILE} must be ${expected}, got ${shown(got, 40)}`)
  const isSize = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= 4096
  const numbers = (
    name: keyof TimmSettings,
    counts: readonly number[],
    what: string,
    fits: (value: unknown) => boolean,
  ) => {
    const given = settings[name]
    if (given === undefined) return undefined
    if (!Array.isArray(given) || !counts.includes(given.length) || !given.every(fits)) throw wrong(name, what, given)
    return given as number[]
  }
  const input = numbers('input_size', [3], 'channels, height and width', isSize)
  // Three numbers, for colours, even if the net reads grey; or one per channel of the net.
  const [channels = 3] = input ?? []
  const each = channels === 3 ? 'three numbers' : `3 or ${channels} numbers`
  const mean = numbers('mean', [3, channels], each, Number.isFinite)
  const isAbove0 = (value: unknown) => Number.isFinite(value) && Number(value) > 0
  const std = numbers('std', [mean?.length ?? 3], `${each} above 0`, isAbove0)
  const { crop_pct: share, interpolation } = settings
  if (share !== undefined && !(typeof share === 'number' && share >= 0.25 && share <= 1))
    throw wrong('crop_pct', 'a number from 0.25 to 1', share)
  const [, height, width] = input ?? []
  const resized = (side: number) => Math.floor(side / (share ?? 1))
  return {
    ...(mean && std ? { normalisation: { mean, std } } : {}),
    ...(height && width
      ? { input: { height, width }, resize: { height: resized(height), width: resized(width) } }
      : {}),
    ...(isInterpolation(interpolation) ? { interpolation } : {}),
  }
}

/** timm knows others. They are rare, and the default is close enough. */
function isInterpolation(value: unknown): value is Interpolation {
  return value === 'bilinear' || value === 'bicubic'
}

/** Readable names. WordNet numbers are not. */
function classesOf({ label_names: names, label_descriptions: descriptions }: TimmSettings): string[] | undefined {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return undefined
  const described = names.map((name: string) => {
    const text: unknown = (descriptions as Record<string, unknown> | undefined)?.[name]
    return typeof text === 'string' ? text.split(',')[0]! : name
  })
  return described.some((name) => /^n\d{8}$/.test(name)) ? undefined : described
}
