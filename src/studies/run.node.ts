/** Runs studies in Node and saves each result as `results.json` in its folder. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openEngine } from '../api/compute.node.js'
import type { EngineOptions } from '../api/engines/choice.js'
import { engineOf } from '../api/engines/opening.js'
import { builtin } from '../data/builtin/builtin.js'
import { cifar10 } from '../data/cifar/cifar.node.js'
import type { Dataset } from '../data/dataset.js'
import type { StepProgress } from '../train/step/progress.js'
import { Budget } from '../util/budget.js'
import { ConfigError } from '../util/errors.js'
import {
  callback,
  expectKind,
  expectOptions,
  list,
  listOf,
  name as nameKind,
  signal as signalKind,
  text,
  whole,
} from '../util/expect.js'
import { makeFolder } from '../util/files/folder.node.js'
import { writeAtomically } from '../util/files/write.node.js'
import { parseJson } from '../util/json.js'
import { shown } from '../util/printable.js'
import { studies } from './index.js'
import { Outlook, type Place } from './outlook.js'
import { runStudy, type StudyResult } from './run.js'
import { type StudySize, studySizes } from './size.js'
import { type AnyStudy, expectStudy } from './study.js'
import { FolderWorkbench } from './workbench.node.js'

/** How studies are run. */
export interface StudyOptions extends EngineOptions {
  /** Default `quick`. */
  readonly scale?: StudySize | undefined
  /** Default 0, 1, 2. */
  readonly seeds?: readonly number[] | undefined
  /** Folder of CIFAR-10, needed for `paper`. `quick` uses the built-in pictures. */
  readonly data?: string | undefined
  /**
   * Default `runs/studies`. It holds a folder per scale, and in it one per study. Finished work in it is not run again.
   */
  readonly folder?: string | undefined
  /** Number of epochs, to train for less time than the scale does. */
  readonly epochs?: number | undefined
  /** For studies that compare depths: the depths. */
  readonly depths?: readonly number[] | undefined
  /**
   * For studies that compare variants: their names. Claims about the others stay open. Case does not matter; `x` stands
   * for `×` and `-` for `−`.
   */
  readonly variants?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Called before each study. */
  readonly onStudy?: ((study: AnyStudy) => void) | undefined
  /** Called with the newest step of the net that is training, and its place among all nets of all studies. */
  readonly onTraining?: ((net: string, seed: number, progress: StepProgress, place: Place) => void) | undefined
  /** Called after each study, with the folder of its `results.json`. */
  readonly onResult?: ((result: StudyResult, folder: string) => void | Promise<void>) | undefined
}

/** Default seeds of a study: enough for a spread. */
const SEEDS = [0, 1, 2]

const fields = {
  seeds: list,
  data: text,
  folder: text,
  epochs: whole(1),
  depths: list,
  variants: listOf(text, 'a list of names'),
  signal: signalKind,
  onStudy: callback,
  onTraining: callback,
  onResult: callback,
}

/**
 * Runs studies in turn, by name or your own. Nets that several need are trained once. After an interruption, call it
 * again with the same folder and it continues.
 * @throws ConfigError for an unknown study, variant or option, or a scale that lacks its data
 */
export async function runStudies(
  chosen: readonly (string | AnyStudy)[],
  options: StudyOptions = {},
): Promise<StudyResult[]> {
  expectKind(chosen, 'runStudies: chosen', list)
  expectOptions(options, 'runStudies: options', fields)
  const { scale = 'quick', seeds = SEEDS, epochs, depths, variants, signal, onTraining } = options
  const all = chosen.map((one) => (typeof one === 'string' ? studyNamed(one) : givenStudy(one)))
  if (!studySizes.includes(scale))
    throw new ConfigError(`scale: expected one of ${studySizes.join(', ')}; got ${shown(scale)}`)
  const whole = seeds.length > 0 && seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0)
  if (!whole || new Set(seeds).size < seeds.length)
    throw new ConfigError(`seeds: expected different whole numbers from 0, got ${textOf(seeds)}`)
  if (depths && !(depths.length > 0 && depths.every((depth) => Number.isSafeInteger(depth) && depth > 0)))
    throw new ConfigError(`depths: expected whole numbers of at least 1, got ${textOf(depths)}`)
  const data = await picturesFor(scale, options.data)
  const folder = join(options.folder ?? join('runs', 'studies'), scale)
  const { engine, release } = await engineOf(openEngine, options)
  try {
    const bench = new FolderWorkbench({
      folder,
      scale,
      seeds,
      engine,
      data,
      epochs,
      depths,
      variants,
      signal,
      onTraining: (training, progress) =>
        onTraining?.(training.spec.name, training.seed, progress, outlook.progress(training, progress)),
    })
    const outlook = new Outlook(
      all.flatMap((study) => study.trainings?.(bench) ?? []),
      // Drawing the pictures takes seconds. Every study needs them in the end; without studies they are not drawn.
      all.length === 0 ? 0 : bench.data(seeds[0]!).train.count,
      (training) => bench.isMade(training),
    )
    const results: StudyResult[] = []
    for (const study of all) {
      options.onStudy?.(study)
      const result = await runStudy(study, bench)
      const own = join(folder, study.name)
      await makeFolder(own)
      await writeAtomically(join(own, 'results.json'), `${JSON.stringify(result, undefined, 1)}\n`)
      await options.onResult?.(result, own)
      results.push(result)
    }
    return results
  } finally {
    await release()
  }
}

/**
 * Reads the results in the folder of a scale, from any runs, in the order of the studies.
 * @throws DataError naming the file if one of them is damaged
 */
export async function readStudyResults(folder: string): Promise<StudyResult[]> {
  expectKind(folder, 'readStudyResults: folder', nameKind)
  const texts = await Promise.all(
    studies.map(({ name }) => readFile(join(folder, name, 'results.json'), 'utf8').catch(() => undefined)),
  )
  return texts.flatMap((text, index) => {
    if (text === undefined) return []
    const path = join(folder, studies[index]!.name, 'results.json')
    const budget = new Budget(path)
    const damaged = () => budget.fail('is damaged; remove it, and run the study again')
    const result = parseJson(text, budget, damaged) as StudyResult | null
    return typeof result === 'object' && result?.study !== undefined ? [result] : damaged()
  })
}

const textOf = (numbers: readonly unknown[]) => numbers.map((one) => shown(one)).join(', ') || 'none'

function givenStudy(study: AnyStudy): AnyStudy {
  expectStudy(study, 'runStudies: chosen')
  return study
}

function studyNamed(name: string): AnyStudy {
  const study = studies.find((other) => other.name === name)
  if (study) return study
  throw new ConfigError(`study ${name}: there is none of this name; there are ${studies.map((s) => s.name).join(', ')}`)
}

async function picturesFor(scale: StudySize, path: string | undefined): Promise<(seed: number) => Dataset> {
  if (path !== undefined) {
    const data = await cifar10(path)
    return () => data
  }
  if (scale === 'paper')
    throw new ConfigError(
      'the scale paper needs CIFAR-10: name the folder that holds it with --data DIR; the command data cifar10 --data DIR fetches it',
    )
  return (seed) => builtin({ size: 16, seed })
}
