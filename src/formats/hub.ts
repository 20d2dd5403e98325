/**
 * Networks on the Hugging Face Hub: how they are named here (`hub:timm/resnet50.a1_in1k`), where their files lie, and
 * what the settings beside timm's weights say of pictures and classes.
 */
import type { Interpolation } from '../data/picture/resize.js'
import { Budget } from '../util/budget.js'
import { ConfigError, DataError } from '../util/errors.js'
import { parseJson } from '../util/json.js'
import { shown } from '../util/printable.js'
import type { RecogniseOptions } from './recognise.js'

/** A network on the hub. */
export interface HubName {
  /** `owner/name` */
  readonly repository: string
  /** A branch, tag or commit. */
  readonly revision: string
  /** The file of weights, where it is named. */
  readonly file?: string
}

/** The files of a network on the hub. */
export interface HubFiles {
  readonly weights: Uint8Array
  /** `config.json`, where there is one. */
  readonly config?: Uint8Array | undefined
}

export const hubAddress = 'https://huggingface.co'
/** The names of weights there, the best form first. */
export const weightFiles = ['model.safetensors', 'pytorch_model.bin'] as const
export const configFile = 'config.json'

const FORM = 'expected hub:OWNER/NAME, such as hub:timm/resnet50.a1_in1k; @REVISION and /FILE may follow'

/**
 * Undefined for what is no name of the hub: a path, an address.
 * @throws ConfigError for a name without meaning
 */
export function parseHubName(text: string): HubName | undefined {
  if (!text.startsWith('hub:')) return undefined
  const match = /^hub:([\w.-]+\/[\w.-]+)(?:@([\w./-]+?))?(?::([\w./-]+))?$/.exec(withFileApart(text))
  const [, repository, revision = 'main', file] = match ?? []
  if (!repository || [...repository.split('/'), ...revision.split('/'), ...(file?.split('/') ?? [])].some(isDots))
    throw new ConfigError(`${text}: ${FORM}`)
  return { repository, revision, ...(file === undefined ? {} : { file }) }
}

/** The third slash begins the file: a revision with slashes is written with %2F. */
function withFileApart(text: string): string {
  return text.replace(/^(hub:[^/]*\/[^/]*)\//, '$1:').replaceAll('%2F', '/')
}

function isDots(part: string): boolean {
  return part === '' || part === '.' || part === '..'
}

/** Where a file lies. */
export function fileAddress({ repository, revision }: HubName, file: string, hub: string = hubAddress): string {
  return `${hub}/${repository}/resolve/${encodeURIComponent(revision)}/${file}`
}

/** The fields that timm writes beside its weights and that matter here. */
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
 * How pictures are prepared and what the classes are called, from a `config.json`; what it does not say is left out.
 * @param who stands before every error
 * @throws DataError when it is no JSON, or says what makes no sense
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
  return budget.fail(`its ${configFile} is no JSON object`)
}

function picturesOf(settings: TimmSettings, who: string): NonNullable<RecogniseOptions['pictures']> {
  const wrong = (name: string, expected: string, got: unknown) =>
    new DataError(`${who}: ${name} in its ${configFile} must be ${expected}, got ${shown(got, 40)}`)
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
  // Three, of colours, also beside nets that read grey; or as many as these read.
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

/** Others that timm knows are rare, and near enough to what is taken where nothing is said. */
function isInterpolation(value: unknown): value is Interpolation {
  return value === 'bilinear' || value === 'bicubic'
}

/** Names that a person can read; numbers of WordNet are none. */
function classesOf({ label_names: names, label_descriptions: descriptions }: TimmSettings): string[] | undefined {
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return undefined
  const described = names.map((name: string) => {
    const text: unknown = (descriptions as Record<string, unknown> | undefined)?.[name]
    return typeof text === 'string' ? text.split(',')[0]! : name
  })
  return described.some((name) => /^n\d{8}$/.test(name)) ? undefined : described
}
