/** `resnet summary NAME`: the network as a table. */
import { Argument, Command } from 'commander'
import { complexity, type PresetName, preset, presetNames, type Recompute, summary, trainingMemory } from '../node.js'
import { type EngineFlags, engineOption, jsonOption, presetParser, recomputeOption, whole } from './options.js'
import { bytesText, print } from './output.js'

interface Flags extends Pick<EngineFlags, 'engine'> {
  readonly classes?: number
  readonly size?: number
  readonly blocks?: true
  readonly batchSize?: number
  readonly recompute?: Recompute
  readonly json?: true
}

export function summaryCommand(): Command {
  return new Command()
    .addArgument(new Argument('<name>', presetNames.join(', ')).argParser(presetParser))
    .option('--classes <n>', 'number of classes', whole(2))
    .option('--size <n>', 'height and width of the pictures', whole(1))
    .option('--blocks', 'one row for each block instead of each layer')
    .option('-b, --batch-size <n>', 'also what a training with n pictures a step takes up in memory', whole(1))
    .addOption(recomputeOption())
    .addOption(engineOption())
    .addOption(jsonOption('{ name, params, macs, acts, layers }, with --batch-size also memory'))
    .addHelpText('after', '\nExample:\n  $ resnet summary resnet20 --classes 100 -b 128')
    .action(async (name: PresetName, flags: Flags) => {
      const { classes, size, batchSize, engine, recompute } = flags
      const spec = preset(name, {
        ...(classes === undefined ? {} : { classes }),
        ...(size === undefined ? {} : { input: { channels: 3, height: size, width: size } }),
      })
      const memory =
        batchSize === undefined ? undefined : await trainingMemory(spec, { batchSize }, { engine, recompute })
      if (flags.json) {
        print(JSON.stringify({ name, ...complexity(spec), memory }))
        return
      }
      print(summary(spec, { rows: flags.blocks ? 'block' : 'layer' }))
      if (memory)
        print(
          `\ntraining with ${batchSize} pictures a step on ${memory.engine}: ${bytesText(memory.step)} for the step, ` +
            `${bytesText(memory.evaluation)} for evaluations`,
        )
    })
}
