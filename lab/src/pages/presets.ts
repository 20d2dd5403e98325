/** The presets that Architecture offers. `test/lab` compares them with the library's own list. */
export const presets: readonly string[] = [
  ...['resnet8', 'resnet20', 'resnet32', 'resnet44', 'resnet56', 'resnet110', 'plain20', 'plain56', 'plain110'],
  ...[
    'preresnet110',
    'preresnet164',
    'resnet18',
    'resnet34',
    'resnet50',
    'resnet101',
    'resnet152',
    'plain18',
    'plain34',
  ],
  ...['wide_resnet50_2', 'wide_resnet101_2', 'resnext50_32x4d', 'resnext101_32x8d'],
]
