/** `resnet demo`: four networks side by side, a table, a sentence, and a report to look at. */
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command, Option } from 'commander'
import { type DemoResult, demoRecipe, finalErrors, makeFolder, runDemo, textTable, writeAtomically } from '../node.js'
import { DemoDisplay } from './demo-display.js'
import { interruptible } from './interrupt.js'
import { command, examples } from './invocation.js'
import { computeFrom, type EngineFlags, engineOptions, jsonOption, whole } from './options.js'
import { duration, percentText, print, say } from './output.js'

interface Flags extends EngineFlags {
  readonly steps: number
  readonly seed: number
  readonly saveDir: string
  readonly json?: true
}

export function demoCommand(): Command {
  const command = new Command()
    .addOption(new Option('--steps <n>', 'steps of each net').default(demoRecipe.steps).argParser(whole(1)))
    .addOption(new Option('--seed <n>', 'names weights, pictures and their order').default(0).argParser(whole(0)))
    .option('--save-dir <dir>', 'folder of the report', join('runs', 'demo'))
  for (const option of engineOptions()) command.addOption(option)
  return command
    .addOption(jsonOption('the curves and the verdict'))
    .addHelpText('after', examples('demo --steps 100 --seed 1'))
    .action((flags: Flags) => interruptible((signal) => run(flags, signal)))
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { steps, seed } = flags
  await makeFolder(flags.saveDir)
  let display: DemoDisplay | undefined
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
      },
      onProgress: (net, { step, epochTop1Error }) => display?.progress(net, step, epochTop1Error),
      onPoint: (net, point) => display?.point(net, point),
    })
    display?.stop()
    const report = await save(flags.saveDir, result)
    print(flags.json ? JSON.stringify({ ...result, report }) : conclusion(result, report))
  } finally {
    display?.stop()
  }
}

/** Writes report and figures; returns the report's path. */
async function save(folder: string, result: DemoResult): Promise<string> {
  const { demoReport } = await import('./demo-report.js') // what draws it takes longer to load than all the rest
  const report = join(folder, 'report.html')
  await writeAtomically(report, demoReport(result))
  await writeAtomically(join(folder, 'result.json'), `${JSON.stringify(result, undefined, 2)}\n`)
  return report
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
