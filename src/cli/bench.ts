/** `resnet bench`: how fast this is here, beside others on the same machine in the same run. */
import { existsSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import {
  EngineError,
  type EngineName,
  engineNames,
  type MachinePeak,
  makeFolder,
  measurePeak,
  writeAtomically,
} from '../node.js'
import { attemptAll, expectNone } from './bench/attempts.js'
import { casesOf, kernelCasesOf, type SuiteName, suiteNames } from './bench/cases.js'
import { ratioChart } from './bench/chart.js'
import type { ContestSettings } from './bench/contest.js'
import { readProc } from './bench/disturbance.js'
import { kernelCaseName, runKernelCase } from './bench/kernels.js'
import { caseName, runCase, runMemoryCase } from './bench/networks.js'
import { benchFolder } from './bench/peers.js'
import { machineLines, resultsMarkdown, resultsText } from './bench/report.js'
import type { BenchReport, Machine } from './bench/result.js'
import { interruptible } from './interrupt.js'
import { type EngineFlags, engineOptions, jsonOption, oneOf, whole } from './options.js'
import { print, say } from './output.js'

interface Flags extends EngineFlags {
  readonly suite?: readonly SuiteName[]
  readonly rounds?: number
  readonly quick?: true
  readonly allowNoise?: true
  readonly results?: string
  readonly json?: true
}

/** Rounds that must be clean, and seconds that a turn lasts at least. */
const usual = { rounds: 5, turn: 1 }
const quick = { rounds: 1, turn: 0.05 }

export function benchCommand(): Command {
  const command = new Command()
    .option('--suite <names>', `${suiteNames.join(', ')}, separated by commas (default: all)`, (text) =>
      text.split(',').map(oneOf(suiteNames)),
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
        '\nExamples:\n  $ resnet bench --suite train,infer --threads 2\n  $ resnet bench --quick --json',
    )
    .action((flags: Flags) => interruptible((signal) => run(flags, signal)))
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { suite: suites = suiteNames, engine, threads = availableParallelism() } = flags
  const machine = machineHere()
  const peaks = await measurePeaks(engine, threads, signal)
  say(machineLines({ machine, peak: peaks.all() }).join('\n'))
  const settings = {
    ...(flags.quick ? quick : usual),
    ...(flags.rounds !== undefined && { rounds: flags.rounds }),
    ...{ allowNoise: flags.allowNoise === true || flags.quick === true, signal, engine, threads },
    peakOf: peaks.of,
  } satisfies ContestSettings & Record<string, unknown>

  const kernels = kernelCasesOf(suites, flags.quick === true).map((one) => ({
    name: `kernels: ${kernelCaseName(one)}`,
    run: () => runKernelCase(one, settings),
  }))
  const networks = casesOf(suites, flags.quick === true).map((one) => ({
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
  if (folder !== undefined) await writeResults(folder, report)
  if (flags.json) print(JSON.stringify(report))
  expectNone(failed)
}

/** Peaks of every native instruction set at once, and of others when they are asked for. */
async function measurePeaks(engine: EngineName, threads: number, signal: AbortSignal) {
  const peaks = new Map<string, MachinePeak>()
  const of = async (name: EngineName, many: number): Promise<MachinePeak> => {
    const key = `${name} ${many}`
    const peak = peaks.get(key) ?? (await measurePeak({ engine: name, threads: many, signal }))
    peaks.set(key, peak)
    return peak
  }
  for (const name of engineNames.filter((other) => other.startsWith('native-') || other === 'wasm'))
    await of(name, threads).catch((error) => {
      if (!(error instanceof EngineError)) throw error // an instruction set that this processor lacks
    })
  await of(engine, threads)
  const all = () => [...new Map([...peaks.values()].map((peak) => [`${peak.build} ${peak.threads}`, peak])).values()]
  return { of, all }
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

/** A table, a figure and the report itself for each suite. */
async function writeResults(folder: string, report: BenchReport): Promise<void> {
  await makeFolder(folder)
  for (const suite of suiteNames) {
    const results = report.results.filter((result) => result.suite === suite)
    if (results.length === 0) continue
    const part = { ...report, results }
    const title = `resnet bench: ${suite}`
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
