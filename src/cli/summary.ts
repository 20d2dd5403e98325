/** `resnet summary NAME`: the network as a table. */
import { Argument, Command } from 'commander'
import { complexity, type PresetName, preset, presetNames, summary } from '../node.js'
import { jsonOption, presetParser, whole } from './options.js'
import { print } from './output.js'

interface Flags {
  readonly classes?: number
  readonly size?: number
  readonly blocks?: true
  readonly json?: true
}

export function summaryCommand(): Command {
  return new Command()
    .addArgument(new Argument('<name>', presetNames.join(', ')).argParser(presetParser))
    .option('--classes <n>', 'number of classes', whole(2))
    .option('--size <n>', 'height and width of the pictures', whole(1))
    .option('--blocks', 'one row for each block instead of each layer')
    .addOption(jsonOption('{ name, params, macs, acts, layers }'))
    .addHelpText('after', '\nExample:\n  $ resnet summary resnet20 --classes 100')
    .action((name: PresetName, flags: Flags) => {
      const { classes, size } = flags
      const spec = preset(name, {
        ...(classes === undefined ? {} : { classes }),
        ...(size === undefined ? {} : { input: { channels: 3, height: size, width: size } }),
      })
      print(
        flags.json
          ? JSON.stringify({ name, ...complexity(spec) })
          : summary(spec, { rows: flags.blocks ? 'block' : 'layer' }),
      )
    })
}
