/** The results of a bench, as text for terminals and as Markdown. */
import { textTable } from '../../internal.node.js'
import type { BenchReport, BenchResult, Machine } from './result.js'

/** The machine and its peak rates, one line each. */
export function machineLines({ machine, peak }: Pick<BenchReport, 'machine' | 'peak'>): string[] {
  return [
    machineLine(machine),
    ...peak.map(
      ({ build, threads, multiplyAdds, bandwidth }) =>
        `${build}, ${threadsText(threads)}: at best ${((2 * multiplyAdds) / 1e9).toFixed(0)} GFLOP/s, ` +
        `${(bandwidth / 1e9).toFixed(1)} GB/s of main memory`,
    ),
    machine.watched
      ? 'Rounds in which others took more than 3 % of the processor are left out.'
      : 'This system does not count what others take of the processor: no round is left out.',
  ]
}

export function machineLine({ processor, processors, memory, platform, node }: Machine): string {
  const gibibytes = (memory / 2 ** 30).toFixed(0)
  return `${processor}, ${processors} ${processors === 1 ? 'processor' : 'processors'}, ${gibibytes} GiB; ${platform}; Node ${node}`
}

/** One table, with notes below it on missing peers and disturbed rounds. */
export function resultsText(results: readonly BenchResult[]): string {
  const rows = results.map(cells)
  const table = textTable([head, 'rule', ...rows], align)
  return [table, ...remarks(results)].join('\n\n')
}

/** The same as Markdown, under a title and the machine. */
export function resultsMarkdown(title: string, report: BenchReport, chart: string | undefined): string {
  const line = (row: readonly string[]) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  const rule = align.map((side) => (side === 'left' ? '---' : '---:'))
  return [
    `# ${title}`,
    ...machineLines(report),
    ...(chart ? [`![${title}](${chart})`] : []),
    [head, rule, ...report.results.map(cells)].map(line).join('\n'),
    ...remarks(report.results),
    '',
  ].join('\n\n')
}

const head = ['', 'resnet.ts', '(range)', 'unit', 'of bound', 'peer', 'value', '(range)', 'ratio']
const align = ['left', 'right', 'left', 'left', 'right', 'left', 'right', 'left', 'right'] as const

function cells(result: BenchResult): string[] {
  const { name, value, min, max, unit, share, bound, peer, peerValue, peerMin, peerMax, ratio, noisy } = result
  return [
    `${name}${noisy ? ' !' : ''}`,
    figure(value),
    `(${figure(min)}–${figure(max)})`,
    unit,
    share === null ? '' : `${(100 * share).toFixed(0)} % ${bound}`,
    peer ?? '',
    peerValue === null ? (peer === null ? '' : 'missing') : figure(peerValue),
    peerMin === undefined || peerMax === undefined ? '' : `(${figure(peerMin)}–${figure(peerMax)})`,
    ratio === null ? '' : `${ratio.toFixed(2)}x`,
  ]
}

function remarks(results: readonly BenchResult[]): string[] {
  const missing = new Set(results.flatMap((result) => result.missing ?? []))
  const noisy = results.some((result) => result.noisy)
  const short = results.filter(({ discarded }) => discarded > 0)
  const plans = new Map(results.flatMap(({ name, plan }) => (plan === undefined ? [] : [[name, plan] as const])))
  return [
    ...[...plans].map(([name, plan]) => `${name}: the plan itself takes ${figure(plan)} MB.`),
    ...(short.length > 0
      ? [
          `Left out because others disturbed them: ${Math.max(...short.map(({ discarded }) => discarded))} rounds at most.`,
        ]
      : []),
    ...(noisy ? ['! Others took more than 3 % of the processor in a round that counts: not to be quoted.'] : []),
    ...missing,
  ]
}

/** A number with three significant digits. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function threadsText(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`
}
