/** The networks of the papers by name. */

import { ConfigError } from '../util/errors.js'
import { expectKind, oneOf } from '../util/expect.js'
import {
  type CifarOptions,
  cifarBasic,
  cifarBottleneck,
  type FamilyOptions,
  imagenetBasic,
  imagenetBottleneck,
} from './families.js'
import { type TaskName, taskNames } from './heads/index.js'
import { fullyConnected, vggLike } from './other-families.js'
import { plainBlocks } from './plain-twin.js'
import type { ClassifierHead, NetworkSpec, Order, PictureHead, Shortcut } from './spec.js'
import { edsr, vdsr } from './upscaling.js'

/**
 * The fields that a preset lets you change. Plain nets refuse `shortcut` and `gate`; nets that upscale pictures also
 * refuse `classes`.
 */
export interface PresetOptions extends Pick<FamilyOptions, 'classes' | 'input' | 'shortcut' | 'gate'> {
  /** Another name of `classes`. */
  readonly numClasses?: number
  /** Factor of nets that enlarge pictures themselves: 2 (the default), 3 or 4. */
  readonly scale?: number
}

const basic = (depth: number) => (options: PresetOptions) => cifarBasic({ depth, ...options })
const plain = (depth: number) => (options: PresetOptions) => plainBlocks(cifarBasic({ depth, ...options }))
/** Wide and aggregated bottlenecks, under torchvision's names. [Zagoruyko 2016; Xie 2017] */
const grouped = (depth: number, groups: number, widthPerGroup: number, options: FamilyOptions) =>
  imagenetBottleneck({ depth, groups, widthPerGroup, ...options })

/** Basic-block nets of depth 110 with one change: tables 1 to 3 of He 2016. */
const changed110 = (change: Omit<CifarOptions, 'depth'>) => (options: PresetOptions) =>
  cifarBasic({ depth: 110, ...change, ...options })
const changed164 = (order: Order) => (options: PresetOptions) => cifarBottleneck({ depth: 164, ...options, order })
const inFirst = (depth: number) => (options: PresetOptions) => imagenetBottleneck({ depth, strideIn: 0, ...options })
const dense = (shortcut: Shortcut) => (options: PresetOptions) => {
  const { classes = 10, input, ...rest } = options
  return fullyConnected({
    depth: 20,
    inputs: input ?? { channels: 3, height: 32, width: 32 },
    classes,
    shortcut,
    ...rest,
  })
}

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
  resnet164: (options) => cifarBottleneck({ depth: 164, ...options }),
  resnet1001: (options) => cifarBottleneck({ depth: 1001, ...options }),
  resnet110_half_shortcut: changed110({ shortcutScale: 0.5 }),
  resnet110_half_both: changed110({ shortcutScale: 0.5, branchScale: 0.5 }),
  resnet110_exclusive_gate: changed110({ gate: { kind: 'exclusive', bias: -6 } }),
  resnet110_shortcut_gate: changed110({ gate: { kind: 'shortcut-only', bias: -6 } }),
  resnet110_conv_shortcut: changed110({ shortcut: 'project-always' }),
  resnet110_dropout_shortcut: changed110({ shortcutDropout: 0.5 }),
  resnet110_noise_shortcut: changed110({ shortcut: 'noise' }),
  resnet110_norm_after_add: changed110({ order: 'norm-after-add' }),
  resnet110_relu_before_add: changed110({ order: 'relu-before-add' }),
  preresnet110_relu_only: changed110({ order: 'relu-pre' }),
  resnet164_norm_after_add: changed164('norm-after-add'),
  resnet164_relu_before_add: changed164('relu-before-add'),
  preresnet164_relu_only: changed164('relu-pre'),
  resnet110_1layer: changed110({ branchLayers: 1 }),
  preresnet110_1layer: changed110({ branchLayers: 1, order: 'pre' }),
  resnet110_3layer: changed110({ branchLayers: 3 }),
  resnet110_4layer: changed110({ branchLayers: 4 }),
  resnet110_9layer: changed110({ branchLayers: 9 }),
  vgg15: (options) => vggLike(options),
  resnet_dense20: dense('project-on-change'),
  plain_dense20: dense('none'),
  resnet18: (options) => imagenetBasic({ depth: 18, ...options }),
  resnet34: (options) => imagenetBasic({ depth: 34, ...options }),
  resnet50: (options) => imagenetBottleneck({ depth: 50, ...options }),
  resnet101: (options) => imagenetBottleneck({ depth: 101, ...options }),
  resnet152: (options) => imagenetBottleneck({ depth: 152, ...options }),
  resnet200: (options) => imagenetBottleneck({ depth: 200, ...options }),
  preresnet200: (options) => imagenetBottleneck({ depth: 200, ...options, order: 'pre' }),
  resnet50_v1: inFirst(50),
  resnet101_v1: inFirst(101),
  resnet152_v1: inFirst(152),
  wide_resnet50_2: (options) => grouped(50, 1, 128, options),
  wide_resnet101_2: (options) => grouped(101, 1, 128, options),
  resnext50_32x4d: (options) => grouped(50, 32, 4, options),
  resnext101_32x8d: (options) => grouped(101, 32, 8, options),
  plain18: (options) => plainBlocks(imagenetBasic({ depth: 18, ...options })),
  plain34: (options) => plainBlocks(imagenetBasic({ depth: 34, ...options })),
} as const satisfies Record<string, (options: PresetOptions) => NetworkSpec<ClassifierHead>>

/** Nets that enlarge. They read luminance. */
const upscalers = {
  vdsr20: (options) => vdsr(options),
  'plain-vdsr20': (options) => vdsr(options, 'none'),
  edsr_baseline: (options) => edsr(options),
} as const satisfies Record<string, (options: Pick<PresetOptions, 'input' | 'scale'>) => NetworkSpec<PictureHead>>

const builders = { ...classifiers, ...upscalers }

/** One of `presetNames`. */
export type PresetName = keyof typeof builders
/** The spec of a preset, with the type of its head. */
export type PresetSpec<N extends PresetName = PresetName> = NetworkSpec<PresetHead<N>>
type PresetHead<N extends PresetName> = N extends keyof typeof upscalers ? PictureHead : ClassifierHead

/** The nets of the papers by name, and two small ones for tests. */
export const presetNames = Object.keys(builders) as readonly PresetName[]

/** The presets for a task. */
export function presetsFor(task: TaskName): readonly PresetName[] {
  expectKind(task, 'presetsFor: task', oneOf(taskNames))
  return Object.keys(task === 'classify' ? classifiers : upscalers) as PresetName[]
}

/** Whether a text is one of `presetNames`. */
export function isPresetName(name: string): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(builders, name)
}

/**
 * The spec of a network of the papers; docs/specs.md names its table. CIFAR nets (8 to 110, 164, 1001, 1202 layers)
 * take 3x32x32 pictures and 10 classes, ImageNet nets (18 to 200) 3x224x224 and 1000, unless the options say otherwise.
 * Nets that upscale pictures (`vdsr20`, its direct-mapping twin `plain-vdsr20`, `edsr_baseline`) read one channel.
 * @throws ConfigError for unknown names and options
 */
export function preset<N extends PresetName>(name: N, options: PresetOptions = {}): PresetSpec<N> {
  if (!isPresetName(name))
    throw new ConfigError(`preset: no network is named ${String(name).slice(0, 40)}; see presetNames`)
  if (Object(options) !== options) throw new ConfigError(`preset: options must be an object, got ${typeof options}`)
  checkPurpose(name, options)
  const { shortcut, gate } = options
  if (/^(plain|vgg)/.test(name) && ((shortcut !== undefined && shortcut !== 'none') || gate)) {
    const given = gate ? `a gate` : `shortcut ${JSON.stringify(shortcut)}`
    const twin = name.replace('plain', 'resnet')
    throw new ConfigError(
      `preset: ${name} has no shortcuts, got ${given}; leave it out${isPresetName(twin) && twin !== name ? `, or use ${twin}` : ''}`,
    )
  }
  const { numClasses, ...rest } = options
  return { ...builders[name](numClasses ? { ...rest, classes: numClasses } : rest), name } as PresetSpec<N> // the type tells which table has it
}

/**
 * Nets for one task refuse the options of the other. `vdsr20` and its twin read enlarged pictures, so they take no
 * scale.
 */
function checkPurpose(name: PresetName, options: PresetOptions): void {
  const upscales = Object.hasOwn(upscalers, name)
  const foreign: (keyof PresetOptions)[] = upscales ? ['classes', 'numClasses', 'shortcut', 'gate'] : ['scale']
  if (name.includes('vdsr')) foreign.push('scale')
  for (const option of foreign)
    if (options[option] !== undefined) throw new ConfigError(`preset: ${name} has no ${option}; leave it out`)
}
