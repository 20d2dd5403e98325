/** `resnet doctor`: checks Node, engines, packages and memory, and names every fault with its remedy. */
import { Command } from 'commander'
import { type DoctorReport, doctor, EngineError, textTable } from '../../internal.node.js'
import { jsonOption, threadCount } from '../flags/options.js'
import { interruptible, nothingKept } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { print } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'

interface Flags {
  readonly threads?: number
  readonly json?: true
}

export function doctorCommand(): Command {
  return new Command()
    .option('--threads <n>', 'threads of the engines (default: one per processor)', threadCount)
    .addOption(jsonOption('{ ok, problems, version, node, platform, processor, threads, memory, engines, packages }'))
    .addHelpText('after', `\nExits with 1 if anything is wrong.\n${examples('doctor --threads 2')}`)
    .action((flags: Flags) => interruptible((signal) => run(flags, signal), nothingKept))
}

async function run({ threads, json }: Flags, signal: AbortSignal): Promise<void> {
  const progress = new Progress('examining', (count) => `${count} engines`)
  let report: DoctorReport
  try {
    const onProgress = (done: number, total: number) => progress.update(done, total)
    report = await doctor({ ...(threads !== undefined && { threads }), signal, onProgress })
  } finally {
    progress.stop()
  }
  print(json ? JSON.stringify(report) : reportText(report))
  const count = report.problems.length
  if (count > 0) throw new EngineError(`doctor: ${count === 1 ? '1 problem' : `${count} problems`}, see above`)
}

/** The text for people: facts, engines, errors by check, and faults. */
export function reportText(report: DoctorReport): string {
  const { version, node, platform, processor, threads, memory, packages, problems } = report
  const facts = [
    ['resnet.ts', version],
    ['Node', `${node.version} (${node.required} is needed)`],
    ['Processor', `${processor}, ${platform}`],
    ['Threads', String(threads)],
    ['Memory', `${gibibytes(memory.total)}, ${gibibytes(memory.available)} available`],
    ...packages.map(({ name, purpose, version: own, reason }) => [
      name,
      `${own ?? `missing: ${reason}`} (for ${purpose})`,
    ]),
  ]
  const conclusion =
    problems.length === 0
      ? 'Nothing is wrong.'
      : [`${problems.length === 1 ? 'One thing is' : `${problems.length} things are`} wrong:`, ...problems].join('\n- ')
  return [textTable(facts, ['left', 'left']), engineTable(report), checkTable(report), conclusion]
    .filter((part) => part !== '')
    .join('\n\n')
}

function engineTable({ engines }: DoctorReport): string {
  const rows = engines.map(({ build, state, threads, reason }) => [
    build,
    state,
    reason ?? (threads === 1 ? 'on 1 thread' : `on ${threads} threads`),
  ])
  return textTable([['Engine', '', ''], 'rule', ...rows], ['left', 'left', 'left'])
}

function checkTable({ engines }: DoctorReport): string {
  const computing = engines.filter(({ checks }) => checks.length > 0)
  if (computing.length === 0) return ''
  const rows = computing[0]!.checks.map(({ name, limit }, i) => [
    name,
    limit.toExponential(1),
    ...computing.map(({ checks }) => {
      const { error } = checks[i]!
      return `${error.toExponential(1)}${error <= limit ? '' : ' !'}`
    }),
  ])
  const head = ['Largest error against the reference', 'limit', ...computing.map(({ build }) => build)]
  return textTable([head, 'rule', ...rows], ['left', 'right', ...computing.map(() => 'right' as const)])
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}
