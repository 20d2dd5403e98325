/** `resnet convert IN OUT`: weights from one file format to another, told by the names of the files. */
import { Command } from 'commander'
import { complexity, type PresetName, readNetwork, writeNetwork } from '../node.js'
import { archOption, jsonOption } from './options.js'
import { print, say } from './output.js'

interface Flags {
  readonly arch?: PresetName
  readonly json?: true
}

export function convertCommand(): Command {
  return new Command()
    .argument('<in>', 'a checkpoint, safetensors, or a file of PyTorch (.pth, .pt, .th, .bin)')
    .argument('<out>', 'a name that ends in .safetensors (with the names of torchvision) or .onnx')
    .addOption(archOption())
    .addOption(jsonOption('{ name, origin, params, classes, input, normalisation, out }'))
    .addHelpText('after', '\nExample:\n  $ resnet convert resnet18-f37072fd.pth resnet18.onnx')
    .action(async (from: string, out: string, { arch, json }: Flags) => {
      const network = await readNetwork(from, { arch })
      const { spec, preprocessing, origin } = network
      await writeNetwork(out, network)
      const { params } = complexity(spec)
      const { normalisation, input } = preprocessing
      say(`${from}: ${spec.name} with ${spec.head.classes} classes (${origin})`)
      print(
        json
          ? JSON.stringify({ name: spec.name, origin, params, classes: spec.head.classes, input, normalisation, out })
          : `wrote ${out}`,
      )
    })
}
