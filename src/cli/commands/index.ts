/**
 * The commands, in the order of the help. The modules of a command are loaded when it is called, so that help appears
 * at once.
 */
import type { Command } from 'commander'
import type { CommandTasks } from '../tasks/task.js'

/** One command: its line in the help, and the function that loads it without name and description. */
export interface CommandEntry {
  readonly name: string
  readonly description: string
  /** @param tasks the tasks that the command knows */
  load(tasks: CommandTasks): Promise<Command>
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'demo',
    description: 'train four nets side by side: depth hurts plain ones and spares residual ones',
    load: async () => (await import('./demo.js')).demoCommand(),
  },
  {
    name: 'train',
    description: 'train a network; --resume goes on with a run that was stopped',
    load: async (tasks) => (await import('./train.js')).trainCommand(tasks),
  },
  {
    name: 'study',
    description: 'test claims about residual networks; --list shows them',
    load: async () => (await import('./study.js')).studyCommand(),
  },
  {
    name: 'finetune',
    description: 'teach a trained network the classes of your own pictures',
    load: async (tasks) => (await import('./finetune.js')).finetuneCommand(tasks),
  },
  {
    name: 'eval',
    description: 'evaluate trained weights on a test set',
    load: async (tasks) => (await import('./eval.js')).evalCommand(tasks),
  },
  {
    name: 'predict',
    description: 'classify pictures; --explain draws the evidence',
    load: async (tasks) => (await import('./predict.js')).predictCommand(tasks),
  },
  {
    name: 'embed',
    description: 'write the features of pictures for NumPy',
    load: async (tasks) => (await import('./embed.js')).embedCommand(tasks),
  },
  {
    name: 'upscale',
    description: 'make pictures larger and sharper',
    load: async (tasks) => (await import('./upscale.js')).upscaleCommand(tasks),
  },
  {
    name: 'list',
    description: 'list the networks that have a name: params, MACs, the published error',
    load: async (tasks) => (await import('./list.js')).listCommand(tasks),
  },
  {
    name: 'summary',
    description: 'print the layers of a network: path, output shape, params, MACs',
    load: async (tasks) => (await import('./summary.js')).summaryCommand(tasks),
  },
  {
    name: 'convert',
    description: 'convert weights: read files of PyTorch, write for PyTorch or as ONNX',
    load: async (tasks) => (await import('./convert.js')).convertCommand(tasks),
  },
  {
    name: 'data',
    description: 'fetch CIFAR-10 or CIFAR-100; decode a folder of pictures',
    load: async () => (await import('./data.js')).dataCommand(),
  },
  {
    name: 'lab',
    description: 'open the lab: residual networks that train and are taken apart in your browser',
    load: async () => (await import('./lab.js')).labCommand(),
  },
  {
    name: 'doctor',
    description: 'check Node, engines and memory; compute a few layers on every engine',
    load: async () => (await import('./doctor.js')).doctorCommand(),
  },
  {
    name: 'bench',
    description: 'measure kernels, training, inference and memory here, beside PyTorch, ONNX Runtime and others',
    load: async (tasks) => (await import('./bench.js')).benchCommand(tasks),
  },
]
