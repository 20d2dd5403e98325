/** The networks of the papers by name. */
import { ConfigError } from '../util/errors.js'
import { cifarBasic, cifarBottleneck, type FamilyOptions, imagenetBasic, imagenetBottleneck } from './families.js'
import type { Task } from './heads.js'
import type { NetworkSpec } from './spec.js'
import { plainTwin } from './surgery.js'
import { edsr, vdsr } from './upscaling.js'

/**
 * Order and name are the preset's own. `shortcut` is refused for plain nets; of nets that give pictures `classes` and
 * `shortcut` are.
 */
export interface PresetOptions extends Omit<FamilyOptions, 'name' | 'order'> {
  /** Of nets that enlarge pictures themselves: by how much, 2 (the default), 3 or 4. */
  readonly scale?: number
}

const basic = (depth: number) => (options: PresetOptions) => cifarBasic({ depth, ...options })
const plain = (depth: number) => (options: PresetOptions) => plainTwin(cifarBasic({ depth, ...options }))
/** Wide and aggregated bottlenecks, under torchvision's names. [Zagoruyko 2016; Xie 2017] */
const grouped = (depth: number, groups: number, widthPerGroup: number, options: FamilyOptions) =>
  imagenetBottleneck({ depth, groups, widthPerGroup, ...options })

const classifiers = {
  resnet8: basic(8),
  resnet20: basic(20),
  resnet32: basic(32),
  resnet44: basic(44),
  resnet56: basic(56),
  resnet110: basic(110),
  resnet1202: basic(1202),
  plain8: plain(8),
  plain20: plain(20),
  plain32: plain(32),
  plain44: plain(44),
  plain56: plain(56),
  plain110: plain(110),
  preresnet110: (options) => cifarBasic({ depth: 110, ...options, order: 'pre' }),
  preresnet164: (options) => cifarBottleneck({ depth: 164, ...options, order: 'pre' }),
  preresnet1001: (options) => cifarBottleneck({ depth: 1001, ...options, order: 'pre' }),
  resnet18: (options) => imagenetBasic({ depth: 18, ...options }),
  resnet34: (options) => imagenetBasic({ depth: 34, ...options }),
  resnet50: (options) => imagenetBottleneck({ depth: 50, ...options }),
  resnet101: (options) => imagenetBottleneck({ depth: 101, ...options }),
  resnet152: (options) => imagenetBottleneck({ depth: 152, ...options }),
  wide_resnet50_2: (options) => grouped(50, 1, 128, { name: 'wide_resnet50_2', ...options }),
  wide_resnet101_2: (options) => grouped(101, 1, 128, { name: 'wide_resnet101_2', ...options }),
  resnext50_32x4d: (options) => grouped(50, 32, 4, { name: 'resnext50_32x4d', ...options }),
  resnext101_32x8d: (options) => grouped(101, 32, 8, { name: 'resnext101_32x8d', ...options }),
  plain18: (options) => plainTwin(imagenetBasic({ depth: 18, ...options })),
  plain34: (options) => plainTwin(imagenetBasic({ depth: 34, ...options })),
} as const satisfies Record<string, (options: PresetOptions) => NetworkSpec>

/** On luminance. */
const upscalers = {
  vdsr20: (options) => vdsr(options),
  'plain-vdsr20': (options) => plainTwin(vdsr(options)),
  edsr_baseline: (options) => edsr({ name: 'edsr_baseline', ...options }),
} as const satisfies Record<string, (options: Pick<PresetOptions, 'input' | 'scale'>) => NetworkSpec>

const builders = { ...classifiers, ...upscalers }

/** One of `presetNames`. */
export type PresetName = keyof typeof builders

/** The nets of the papers by name, and two small ones for tests. */
export const presetNames = Object.keys(builders) as readonly PresetName[]

/** The presets for a task. */
export function presetsFor(task: Task): readonly PresetName[] {
  return Object.keys(task === 'classify' ? classifiers : upscalers) as PresetName[]
}

/** Whether a text is one of `presetNames`. */
export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(builders, name)
}

/**
 * The spec of a network of the papers. CIFAR nets (8 to 110, 164, 1001, 1202 layers) take 3x32x32 pictures and 10
 * classes, ImageNet nets (18 to 152) 3x224x224 and 1000, unless the options say otherwise. Nets that give pictures
 * (`vdsr20`, its direct-mapping twin `plain-vdsr20`, `edsr_baseline`) read one channel.
 * Throws a ConfigError for other names, with those that exist.
 */
export function preset(name: PresetName, options: PresetOptions = {}): NetworkSpec {
  if (!isPresetName(name))
    throw new ConfigError(`preset: no network is named ${JSON.stringify(name)}; there are ${presetNames.join(', ')}`)
  checkPurpose(name, options)
  if (name.startsWith('plain') && options.shortcut !== undefined && options.shortcut !== 'none')
    throw new ConfigError(
      `preset: ${name} has no shortcuts, got shortcut ${JSON.stringify(options.shortcut)}; leave it out, or use ${name.replace('plain', 'resnet')}`,
    )
  return builders[name](options)
}

/** Nets for one task have no use for what belongs to the other. */
function checkPurpose(name: PresetName, options: PresetOptions): void {
  const upscales = Object.hasOwn(upscalers, name)
  const foreign = upscales ? (['classes', 'shortcut'] as const) : (['scale'] as const)
  for (const option of foreign)
    if (options[option] !== undefined)
      throw new ConfigError(
        `preset: ${name} ${upscales ? 'gives pictures' : 'tells classes apart'} and has no ${option}; leave it out`,
      )
  if (options.scale !== undefined && name !== 'edsr_baseline')
    throw new ConfigError(
      `preset: ${name} reads pictures that are enlarged already and has no scale of its own; leave it out`,
    )
}
