/** `resnet list`: lists the presets with their size and their published error. */
import { Command } from 'commander'
import {
  type AnyHead,
  complexity,
  headsOf,
  isPresetName,
  type NetworkSpec,
  published,
  textTable,
} from '../../internal.node.js'
import { jsonOption } from '../flags/options.js'
import type { CommandTask, CommandTasks } from '../tasks/task.js'
import { examples } from '../terminal/invocation.js'
import { print } from '../terminal/output.js'

interface Flags {
  readonly json?: true
}

/** One network, built by its name without options. */
interface Listed {
  readonly name: string
  /** The name of its task. */
  readonly task: string
  /** Channels, height and width of its input. */
  readonly input: readonly [number, number, number]
  readonly params: number
  /** Multiply-adds for one picture. */
  readonly macs: number
  /** The published error in percent, with its source; null if no paper reports one. */
  readonly published: ReturnType<typeof published> | null
}

/** The table of the networks of one task, below a heading. */
interface Group {
  readonly heading: string
  readonly listed: readonly Listed[]
}

export function listCommand(tasks: CommandTasks): Command {
  return new Command()
    .addOption(jsonOption('[{ name, task, input, params, macs, published: { error, data, where } }]'))
    .addHelpText('after', examples('list'))
    .action(({ json }: Flags) => {
      const groups = Object.values(tasks).map(groupOf)
      print(json ? JSON.stringify(groups.flatMap(({ listed }) => listed)) : tables(groups))
    })
}

function groupOf({ task, heading, networks, spec }: CommandTask): Group {
  return { heading, listed: networks.map((name) => describe(name, task, spec(name, {}))) }
}

function describe(name: string, task: CommandTask['task'], spec: NetworkSpec<AnyHead>): Listed {
  const { params, macs } = complexity(spec, headsOf({ [task.name]: task }))
  const { channels, height, width } = spec.input
  const figure = isPresetName(name) ? published(name) : undefined
  return { name, task: task.name, input: [channels, height, width], params, macs, published: figure ?? null }
}

/** The table has columns for errors if a paper reports one of its networks. */
function tables(groups: readonly Group[]): string {
  const parts = groups.map(({ heading, listed }) => {
    const errors = listed.some(({ published }) => published) ? ['error', 'published in'] : []
    const head = ['name', 'reads', 'params', 'MACs', ...errors]
    const align = ['left', 'left', 'right', 'right', 'right', 'left'] as const
    return `${heading}\n\n${textTable([head, 'rule', ...listed.map(rowOf)], align.slice(0, head.length))}`
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
