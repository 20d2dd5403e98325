/** `resnet convert IN OUT`: weights from one file format to another, told by the names of the files. */
import { Command } from 'commander'
import { complexity, writeNetwork } from '../node.js'
import { archOption, jsonOption } from './options.js'
import { print, say } from './output.js'
import { cacheOption, openWeights, originText, type WeightFlags, weightsText } from './weights-flag.js'

interface Flags extends Omit<WeightFlags, 'weights'> {
  readonly json?: true
}

export function convertCommand(): Command {
  return new Command()
    .argument('<in>', weightsText)
    .argument('<out>', 'a name that ends in .safetensors (with the names of torchvision) or .onnx')
    .addOption(archOption())
    .addOption(cacheOption())
    .addOption(jsonOption('{ name, origin, params, classes, input, normalisation, out }'))
    .addHelpText('after', '\nExample:\n  $ resnet convert resnet18-f37072fd.pth resnet18.onnx')
    .action(async (from: string, out: string, { arch, cache, json }: Flags) => {
      const network = await openWeights({ weights: from, arch, cache })
      const { spec, preprocessing, origin } = network
      await writeNetwork(out, network)
      const { params } = complexity(spec)
      const { normalisation, input } = preprocessing
      say(originText(from, network))
      const classes = preprocessing.classes.length
      print(
        json ? JSON.stringify({ name: spec.name, origin, params, classes, input, normalisation, out }) : `wrote ${out}`,
      )
    })
}
