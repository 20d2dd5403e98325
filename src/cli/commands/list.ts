/** `resnet list`: the networks that have a name, with their size and the error that a paper reports of them. */
import { Command } from 'commander'
import {
  complexity,
  type PresetName,
  preset,
  presetsFor,
  published,
  type TaskName,
  taskNames,
  textTable,
} from '../../internal.node.js'
import { jsonOption } from '../flags/options.js'
import { examples } from '../terminal/invocation.js'
import { print } from '../terminal/output.js'

interface Flags {
  readonly json?: true
}

/** One network, as it is built when nothing but its name is given. */
interface Listed {
  readonly name: PresetName
  readonly task: TaskName
  /** Of the pictures that it reads: channels, height, width. */
  readonly input: readonly [number, number, number]
  readonly params: number
  /** Multiply-adds for one picture. */
  readonly macs: number
  /** In percent, and where it is published; null where no paper reports one. */
  readonly published: ReturnType<typeof published> | null
}

const headings: Readonly<Record<TaskName, string>> = {
  classify: 'Networks that tell classes apart',
  upscale: 'Networks that make pictures larger and sharper',
}

export function listCommand(): Command {
  return new Command()
    .addOption(jsonOption('[{ name, task, input, params, macs, published: { error, data, where } }]'))
    .addHelpText('after', examples('list'))
    .action(({ json }: Flags) => {
      const listed = taskNames.flatMap((task) => presetsFor(task).map((name) => describe(name, task)))
      print(json ? JSON.stringify(listed) : tables(listed))
    })
}

function describe(name: PresetName, task: TaskName): Listed {
  const spec = preset(name)
  const { params, macs } = complexity(spec)
  const { channels, height, width } = spec.input
  return { name, task, input: [channels, height, width], params, macs, published: published(name) ?? null }
}

function tables(listed: readonly Listed[]): string {
  const parts = taskNames.map((task) => {
    const rows = listed.filter((row) => row.task === task).map(rowOf)
    const head = ['name', 'reads', 'params', 'MACs', ...(task === 'classify' ? ['error', 'published in'] : [])]
    const align = ['left', 'left', 'right', 'right', 'right', 'left'] as const
    return `${headings[task]}\n\n${textTable([head, 'rule', ...rows], align.slice(0, head.length))}`
  })
  const notes = [
    'params and MACs (multiply-adds for one picture) are counted on the networks as',
    'they are built here. The error is the top-1 error in percent that the paper',
    'reports: on CIFAR-10 for networks that read 3x32x32, on ImageNet for those that',
    'read 3x224x224. Tables differ in how they test. docs/specs.md says what each',
    'network is.',
  ]
  return [...parts, notes.join('\n')].join('\n\n')
}

function rowOf({ name, input, params, macs, published: figure }: Listed): string[] {
  const error = figure ? (figure.error === 'fails' ? 'fails' : figure.error.toFixed(2)) : ''
  return [name, input.join('x'), inMillions(params, 2), inMillions(macs, 1), error, figure?.where ?? '']
}

/** `40.6M`, `1.81G`. @param digits of millions */
function inMillions(value: number, digits: number): string {
  return value >= 1e9 ? `${(value / 1e9).toFixed(2)}G` : `${(value / 1e6).toFixed(digits)}M`
}
