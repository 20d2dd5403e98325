/** Networks on the Hugging Face Hub: how they are named here (`hub:timm/resnet50.a1_in1k`), and where their files lie. */
import { ConfigError } from '../../util/errors.js'

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

/** The address of a file. */
export function fileAddress({ repository, revision }: HubName, file: string, hub: string = hubAddress): string {
  return `${hub}/${repository}/resolve/${encodeURIComponent(revision)}/${file}`
}
