/** `resnet demo`: four networks side by side, a table, a sentence, and a report to look at. */

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command, Option } from 'commander'
import {
  type ChosenEngine,
  type DemoPoint,
  type DemoResult,
  demoNets,
  demoRecipe,
  finalErrors,
  makeFolder,
  runDemo,
  TrainingError,
  textTable,
  writeAtomically,
} from '../../internal.node.js'
import { computeFrom, type EngineFlags, engineOptions, jsonOption, whole } from '../flags/options.js'
import type { StoppedDemo } from '../report/demo-report.js'
import { DemoDisplay } from '../terminal/demo-display.js'
import { Interrupted, interruptible, nothingKept, sameCommand } from '../terminal/interrupt.js'
import { command, examples } from '../terminal/invocation.js'
import { duration, percentText, print, say } from '../terminal/output.js'

interface Flags extends EngineFlags {
  readonly steps: number
  readonly seed: number
  readonly saveDir: string
  readonly json?: true
}

export function demoCommand(): Command {
  const command = new Command()
    .addOption(new Option('--steps <n>', 'steps of each net').default(demoRecipe.steps).argParser(whole(1)))
    .addOption(
      new Option('--seed <n>', 'seed of the weights, the pictures and their order').default(0).argParser(whole(0)),
    )
    .option('--save-dir <dir>', 'folder of the report', join('runs', 'demo'))
  for (const option of engineOptions()) command.addOption(option)
  return command
    .addOption(jsonOption('the curves and the verdict'))
    .addHelpText('after', examples('demo --steps 100 --seed 1'))
    .action((flags: Flags) => interruptible((signal) => run(flags, signal), nothingKept))
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { steps, seed } = flags
  await makeFolder(flags.saveDir)
  let display: DemoDisplay | undefined
  let running: { readonly engine: ChosenEngine; readonly began: number } | undefined
  const curves = demoNets.map((net) => ({ net, points: [] as DemoPoint[] }))
  try {
    const result = await runDemo({
      steps,
      seed,
      ...computeFrom(flags, signal),
      onStart: (chosen) => {
        const words = `${chosen.threads} ${chosen.threads === 1 ? 'thread' : 'threads'}`
        say(`engine ${chosen.build}, ${words}: ${chosen.reason}`)
        say(`plain and residual nets of 20 and 56 layers learn the built-in pictures, ${steps} steps each`)
        display = new DemoDisplay(steps)
        running = { engine: chosen, began: performance.now() }
      },
      onProgress: (net, { step, epochTop1Error }) => display?.progress(net, step, epochTop1Error),
      onPoint: (net, point) => {
        curves.find((curve) => curve.net === net)?.points.push(point)
        display?.point(net, point)
      },
    })
    display?.stop()
    const report = await save(flags.saveDir, result)
    print(flags.json ? JSON.stringify({ ...result, report }) : conclusion(result, report))
  } catch (error) {
    display?.stop()
    if (!running || !(error instanceof Interrupted || error instanceof TrainingError)) throw error
    const begun = curves.filter(({ points }) => points.length > 0)
    if (begun.length === 0) throw error
    const step = Math.min(...curves.map(({ points }) => points.at(-1)?.step ?? 0))
    const reason = error instanceof TrainingError ? error.message : `It was stopped after step ${step} of ${steps}.`
    const { build, threads } = running.engine
    const seconds = (performance.now() - running.began) / 1000
    const stopped = { steps, seed, engine: build, threads, seconds, curves: begun, stopped: reason }
    const report = await save(flags.saveDir, stopped)
    const kept = `the curves so far are in ${report}`
    if (error instanceof TrainingError) throw new TrainingError(`${error.message}; ${kept}`)
    error.tell(`stopped after step ${step} of ${steps}; ${kept}; begin again with: ${sameCommand()}`)
    throw error
  } finally {
    display?.stop()
  }
}

/** Writes report and figures; returns the report's path. */
async function save(folder: string, result: DemoResult | StoppedDemo): Promise<string> {
  const { demoReport } = await import('../report/demo-report.js') // what draws it takes longer to load than all the rest
  const file = join(folder, 'result.json')
  // A report of a finished demonstration is not overwritten by a stopped one.
  const prefix = 'stopped' in result && cameToItsEnd(file) ? 'stopped-' : ''
  const report = join(folder, `${prefix}report.html`)
  await writeAtomically(report, demoReport(result))
  await writeAtomically(join(folder, `${prefix}result.json`), `${JSON.stringify(result, undefined, 2)}\n`)
  return report
}

function cameToItsEnd(file: string): boolean {
  if (!existsSync(file)) return false
  try {
    return !('stopped' in (JSON.parse(readFileSync(file, 'utf8')) as object))
  } catch {
    return true // whatever it is, it is not ours to replace
  }
}

function conclusion(result: DemoResult, report: string): string {
  const rows = result.curves.map((curve) => {
    const { train, test } = finalErrors(curve)
    return [curve.net.name, String(curve.net.depth), percentText(train), percentText(test)]
  })
  const table = textTable(
    [['network', 'layers', 'training error', 'test error'], 'rule', ...rows],
    ['left', 'right', 'right', 'right'],
  )
  return [
    '',
    table,
    '',
    result.verdict.sentence,
    '',
    `${duration(result.seconds)} on ${result.engine}. The curves: ${pathToFileURL(resolve(report)).href}`,
    '',
    `See it happen in your browser: ${command('lab')}`,
    `Judge the claim with several seeds: ${command('study degradation')}`,
  ].join('\n')
}
