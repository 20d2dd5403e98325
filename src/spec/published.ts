/** The errors that papers report for the networks in `presets.ts`, with their sources. */
import { expectKind, kind } from '../util/expect.js'
import { isPresetName, type PresetName } from './presets.js'

/** A published error of a network. Papers test in different ways, so compare within one table only. */
export interface Published {
  /** Top-1 error (1 - accuracy) in percent; `fails` if the paper calls the training failed (above 20 %). */
  readonly error: number | 'fails'
  readonly data: 'CIFAR-10' | 'ImageNet'
  /** Paper and table, for example `He 2015, table 6`. */
  readonly where: string
}

const table = (data: Published['data'], where: string, errors: { readonly [N in PresetName]?: Published['error'] }) =>
  Object.entries(errors).map(([name, error]) => [name as PresetName, { error, data, where }] as const)

const figures: ReadonlyMap<PresetName, Published> = new Map([
  // One view of each picture. For 110 layers, the best of five runs.
  ...table('CIFAR-10', 'He 2015, table 6', {
    resnet20: 8.75,
    resnet32: 7.51,
    resnet44: 7.17,
    resnet56: 6.97,
    resnet110: 6.43,
    resnet1202: 7.93,
  }),
  // From here to table 3: medians of five runs.
  ...table('CIFAR-10', 'He 2016, table 1', {
    resnet110_half_shortcut: 'fails',
    resnet110_half_both: 12.35,
    resnet110_exclusive_gate: 8.7,
    resnet110_shortcut_gate: 6.91,
    resnet110_conv_shortcut: 12.22,
    resnet110_dropout_shortcut: 'fails',
  }),
  ...table('CIFAR-10', 'He 2016, table 2', {
    resnet110_norm_after_add: 8.17,
    resnet164_norm_after_add: 6.5,
    resnet110_relu_before_add: 7.84,
    resnet164_relu_before_add: 6.14,
    preresnet110_relu_only: 6.71,
    preresnet164_relu_only: 5.91,
    preresnet110: 6.37,
    preresnet164: 5.46,
    resnet164: 5.93,
  }),
  ...table('CIFAR-10', 'He 2016, table 3', {
    resnet1001: 7.61,
    preresnet1001: 4.92,
    resnet110_1layer: 9.9,
    preresnet110_1layer: 8.91,
  }),
  // Ten views of each picture. The table's ResNet-18 has option A shortcuts, the preset has option B.
  ...table('ImageNet', 'He 2015, table 2', { plain18: 27.94, plain34: 28.54 }),
  // Ten views of each picture, option B.
  ...table('ImageNet', 'He 2015, table 3', {
    resnet34: 24.52,
    resnet50_v1: 22.85,
    resnet101_v1: 21.75,
    resnet152_v1: 21.43,
  }),
  // One view of 320 x 320 pixels.
  ...table('ImageNet', 'He 2016, table 5', { resnet200: 21.8, preresnet200: 20.7 }),
])

const presetName = kind<PresetName>('the name of a preset, see presetNames', (value) => isPresetName(value as string))

/** The error that a paper reports for a network; undefined if no table has it. @throws ConfigError for other names */
export function published(name: PresetName): Published | undefined {
  expectKind(name, 'published: name', presetName)
  return figures.get(name)
}
