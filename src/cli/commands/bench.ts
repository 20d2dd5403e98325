/** `resnet bench`: measures speed and memory here, beside other libraries on the same machine in the same run. */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Command } from 'commander'
import { ConfigError, EngineError, makeFolder, writeAtomically } from '../../internal.node.js'
import { attemptAll, expectNone } from '../bench/attempts.js'
import { type CaseSettings, caseName, casesOf, kernelCasesOf, type SuiteName, suiteNames } from '../bench/cases.js'
import { ratioChart } from '../bench/chart.js'
import { readProc } from '../bench/disturbance.js'
import { runKernelCase } from '../bench/kernels.js'
import { runCase, runMemoryCase } from '../bench/networks.js'
import { Peaks } from '../bench/peaks.js'
import { benchFolder } from '../bench/peers.js'
import { machineLines, resultsMarkdown, resultsText } from '../bench/report.js'
import { type BenchReport, type Machine, merged } from '../bench/result.js'
import { type EngineFlags, engineOptions, jsonOption, oneOf, whole } from '../flags/options.js'
import { networkParser } from '../tasks/find.js'
import type { CommandTasks } from '../tasks/task.js'
import { interruptible, sameCommand } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { print, say } from '../terminal/output.js'

interface Flags extends EngineFlags {
  readonly suite?: readonly SuiteName[]
  readonly only?: string
  readonly rounds?: number
  readonly quick?: true
  readonly allowNoise?: true
  readonly results?: string
  readonly json?: true
}

/** The number of undisturbed rounds, and the least seconds of a turn. */
const usual = { rounds: 5, turn: 1 }
const quick = { rounds: 1, turn: 0.05 }

export function benchCommand(tasks: CommandTasks): Command {
  const command = new Command()
    .option('--suite <names>', `${suiteNames.join(', ')}, separated by commas (default: all)`, (text) =>
      text.split(',').map(oneOf(suiteNames)),
    )
    .option(
      '--only <net>',
      'one network of the suites; its figures take their place among those that are there',
      networkParser(tasks),
    )
    .option('--rounds <n>', `rounds that must be clean (default: ${usual.rounds})`, whole(1))
    .option('--quick', 'small nets and one short round: to see that all works, not to quote')
    .option('--allow-noise', 'keep rounds that others disturbed; they are marked')
    .option('--results <dir>', 'where tables and figures go (default: bench/results of a checkout; none with --quick)')
  for (const option of engineOptions()) command.addOption(option)
  return command
    .addOption(jsonOption('{ machine, peak, results: [{ name, value, unit, peer, peerValue, ratio }] }'))
    .addHelpText(
      'after',
      '\nPeers: PyTorch of /usr/bin/python3, and what `npm install --prefix bench --ignore-scripts` brings.\n' +
        examples('bench --suite train,infer --threads 2', 'bench --quick --json'),
    )
    .action((flags: Flags) => interruptible((signal) => run(flags, signal), left))
}

const left = () =>
  `stopped; figures that were printed are whole, no file was written; begin again with: ${sameCommand()}`

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { suite: suites = suiteNames, engine, threads = availableParallelism() } = flags
  const choice = { suites, quick: flags.quick === true, only: flags.only }
  if (casesOf(choice).length + kernelCasesOf(choice).length === 0)
    throw new ConfigError(
      `bench --only ${flags.only}: it is in none of the suites ${suites.join(', ')}${flags.quick ? ' when they are quick' : ''}; ` +
        'docs/benchmarks.md lists what is',
    )
  const machine = machineHere()
  const peaks = new Peaks(signal, !flags.quick)
  await peaks.begin(engine, threads)
  say(machineLines({ machine, peak: peaks.all() }).join('\n'))
  const settings: CaseSettings = {
    ...(flags.quick ? quick : usual),
    ...(flags.rounds !== undefined && { rounds: flags.rounds }),
    ...{ allowNoise: flags.allowNoise === true || flags.quick === true, signal, engine, threads },
    gauge: (engine, threads) => peaks.gauge(engine, threads),
  }

  const kernels = kernelCasesOf(choice).map((one) => ({
    name: `kernels: ${caseName(one)}`,
    run: () => runKernelCase(one, settings),
  }))
  const networks = casesOf(choice).map((one) => ({
    name: `${one.suite}: ${caseName(one)}`,
    run: () => (one.suite === 'memory' ? runMemoryCase : runCase)(one, settings),
  }))
  const { results, failed } = await attemptAll([...kernels, ...networks], {
    begins: (name) => say(`\n${name} …`),
    found: (results) => flags.json || print(resultsText(results)),
    failed: (reason) => say(`resnet: ${reason}`),
  })

  const report: BenchReport = { machine, peak: peaks.all(), results }
  const folder = flags.results ?? (flags.quick || !existsSync(benchFolder) ? undefined : join(benchFolder, 'results'))
  if (folder !== undefined) await writeResults(folder, report, flags.only !== undefined)
  if (flags.json) print(JSON.stringify(report))
  expectNone(failed)
}

function machineHere(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    processors: availableParallelism(),
    memory: totalmem(),
    platform: `${process.platform} ${release()}, ${process.arch}`,
    node: process.versions.node,
    watched: readProc('/proc/stat') !== undefined,
  }
}

/**
 * Merges a report into an earlier one of the same machine. Figures of the same work are replaced.
 * @throws EngineError if the earlier report is of another machine
 */
function placed(report: BenchReport, file: string): BenchReport {
  const before = JSON.parse(readFileSync(file, 'utf8')) as BenchReport
  if (!isDeepStrictEqual(before.machine, report.machine))
    throw new EngineError(
      `bench --only: ${file} holds the figures of another machine; move it away, or give --results another folder`,
    )
  return merged(before, report)
}

/** Writes a table, a chart and the report itself for each suite. */
async function writeResults(folder: string, report: BenchReport, among: boolean): Promise<void> {
  await makeFolder(folder)
  for (const suite of suiteNames) {
    const results = report.results.filter((result) => result.suite === suite)
    if (results.length === 0) continue
    const file = join(folder, `${suite}.json`)
    const part = among && existsSync(file) ? placed({ ...report, results }, file) : { ...report, results }
    const title = `resnet.ts bench: ${suite}`
    const chart = ratioChart(title, part)
    const files = {
      [`${suite}.json`]: `${JSON.stringify(part, null, 1)}\n`,
      [`${suite}.md`]: resultsMarkdown(title, part, chart && `${suite}.svg`),
      ...(chart && { [`${suite}.svg`]: chart }),
    }
    for (const [name, text] of Object.entries(files)) await writeAtomically(join(folder, name), text)
    say(
      `wrote ${Object.keys(files)
        .map((name) => join(folder, name))
        .join(', ')}`,
    )
  }
}
