/** `resnet study NAME…`: runs claims about residual networks, judges them, and writes a report of each. */
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import {
  type AnyStudy,
  readStudyResults,
  runStudies,
  type StudyResult,
  type StudySize,
  studies,
  studySizes,
  writeAtomically,
} from '../../internal.node.js'
import { computeFrom, type EngineFlags, engineOptions, jsonOption, numbers, oneOf, whole } from '../flags/options.js'
import { interruptible, sameCommand } from '../terminal/interrupt.js'
import { examples } from '../terminal/invocation.js'
import { duration, print, say } from '../terminal/output.js'
import { Progress } from '../terminal/progress.js'
import { measuredText, verdictText } from '../terminal/study-text.js'
import { wrapped } from '../terminal/width.js'

interface Flags extends EngineFlags {
  readonly scale: StudySize
  readonly seeds?: readonly number[]
  readonly data?: string
  readonly saveDir: string
  readonly epochs?: number
  readonly depths?: readonly number[]
  readonly variant?: readonly string[]
  readonly list?: true
  readonly json?: true
}

const names = studies.map(({ name }) => name)

export function studyCommand(): Command {
  const command = new Command()
    .argument('[name...]', `${names.join(', ')}, or all`, studyNames)
    .option('--list', 'list all studies and their claims, and run none')
    .addOption(new Option('--scale <scale>', `${studySizes.join(', ')}`).default('quick').argParser(oneOf(studySizes)))
    .addOption(new Option('--seeds <list>', 'whole numbers separated by commas (default: 0,1,2)').argParser(numbers))
    .option(
      '--data <dir>',
      'folder of CIFAR-10, as the command data fetches it; quick uses built-in pictures without it',
    )
    .addOption(
      new Option('--epochs <n>', 'train for this number of epochs only; the report says so').argParser(whole(1)),
    )
    .addOption(new Option('--depths <list>', 'depths of the nets, for studies that compare depths').argParser(numbers))
    .addOption(
      new Option(
        '--variant <name>',
        'a variant to run, for studies that compare variants; repeat the flag for several',
      ).argParser((name: string, before: string[] = []) => [...before, name]),
    )
    .option('--save-dir <dir>', 'folder of results; finished parts in it are not run again', join('runs', 'studies'))
  for (const option of engineOptions()) command.addOption(option)
  return command
    .addOption(jsonOption('the claims, what was measured, and the verdicts'))
    .addHelpText('after', examples('study degradation', 'study all --scale quick'))
    .action((chosen: string[] | undefined, flags: Flags) => {
      if (flags.list) return list(flags)
      if (!chosen || chosen.length === 0)
        return command.error('error: name a study, or all; --list tells which there are')
      return interruptible(
        (signal) => run(chosen, flags, signal),
        () =>
          `stopped; finished parts and the net under way are kept in ${flags.saveDir}; go on with: ${sameCommand()}`,
      )
    })
}

function studyNames(value: string, before: string[] = []): string[] {
  if (value === 'all') return [...names]
  try {
    return [...before, oneOf(names)(value)]
  } catch (error) {
    if (error instanceof InvalidArgumentError) error.message = error.message.replace('Legal values:', 'There are all,')
    throw error
  }
}

function list({ json }: Flags): void {
  const told = studies.map(({ name, title, claims }: AnyStudy) => ({
    study: name,
    title,
    claims: Object.entries(claims).map(([id, claim]) => ({ id, claim: claim.text, source: claim.source })),
  }))
  const text = ({ study, title, claims }: (typeof told)[number]) =>
    [`${study}: ${title}`, ...claims.map(({ claim, source }) => `  - ${claim} [${source}]`), ''].join('\n')
  print(json ? JSON.stringify(told) : told.map(text).join('\n'))
}

async function run(chosen: readonly string[], flags: Flags, signal: AbortSignal): Promise<void> {
  const { scale, seeds, data, saveDir, epochs, depths, variant: variants } = flags
  let progress: Progress | undefined
  /** The net that was printed last. */
  let told = 0
  const results: StudyResult[] = []
  try {
    await runStudies(chosen, {
      scale,
      seeds,
      data,
      folder: saveDir,
      epochs,
      depths,
      variants,
      ...computeFrom(flags, signal),
      onStudy: ({ name, title }) => say(`${name}: ${title}`),
      onTraining: (net, seed, { step, totalSteps }, { index, count, secondsLeft }) => {
        if (told < index && secondsLeft !== undefined) {
          progress?.stop()
          told = index
          say(`net ${index} of ${count}: ${net}, seed ${seed}; ${duration(secondsLeft)} left for all nets`)
          progress = new Progress(`net ${index} of ${count}`, (steps) => `${steps} steps`)
        }
        progress?.update(step, totalSteps)
      },
      onResult: async (result, folder) => {
        progress?.stop()
        results.push(result)
        const { studyReport } = await import('../report/study-report.js')
        const report = join(folder, 'report.html')
        await writeAtomically(report, studyReport(result))
        if (!flags.json) print(conclusion(result, report))
        else if (chosen.length === 1) print(JSON.stringify(resultOf(result, report)))
      },
    })
  } finally {
    progress?.stop()
  }
  const index = await writeIndex(join(saveDir, scale))
  if (chosen.length === 1) return
  if (flags.json) {
    const reports = results.map((result) => resultOf(result, join(saveDir, scale, result.study, 'report.html')))
    print(JSON.stringify({ studies: reports, index }))
  } else print(`All reports: ${pathToFileURL(resolve(index)).href}`)
}

/** Writes the index page of all studies that have results in the folder, from any run. */
async function writeIndex(folder: string): Promise<string> {
  const { studyIndex } = await import('../report/study-report.js')
  const index = join(folder, 'index.html')
  await writeAtomically(index, studyIndex(await readStudyResults(folder)))
  return index
}

function resultOf({ study, scale, claims }: StudyResult, report: string) {
  return {
    study,
    scale,
    claims: claims.map(({ id, claim, source, expected, measured, spread, unit, verdict, rule }) => ({
      id,
      claim,
      source,
      expected,
      measured,
      spread,
      unit,
      verdict,
      rule,
    })),
    report,
  }
}

/** Each claim with its verdict: the measured number, the rule and the margin. */
function conclusion({ claims }: StudyResult, report: string): string {
  const lines = claims.flatMap(({ claim, verdict, rule, ...finding }) => [
    wrapped(`${verdictText(verdict)}: ${claim}`, '  '),
    wrapped(`  measured ${measuredText(finding)}; the rule: ${rule}`, '    '),
  ])
  return ['', ...lines, '', `Figures: ${pathToFileURL(resolve(report)).href}`, ''].join('\n')
}
