/** A task as the command line uses it: its part of the commands train, eval and predict, its networks and its words. */
import type {
  Checkpoint,
  ChosenEngine,
  DatasetName,
  DecodedNetwork,
  Task,
  Tasks,
  Trainer,
  TrainingResult,
} from '../../internal.node.js'
import type { EngineFlags } from '../flags/options.js'
import type { TrainFlags } from '../flags/train.js'
import type { TrainWords } from '../terminal/train-display.js'

/** A flag, its value, and the value that a run has. */
export type Agreement = readonly [flag: string, given: unknown, held: unknown]

/** The part of a task in the command train. */
export interface TrainTask<T extends string> {
  /** Flags that mean nothing to it. */
  readonly foreign: readonly (keyof TrainFlags)[]
  /** A trainer before its first step; says on what, and gives the name of the run. */
  begin(
    flags: TrainFlags,
    signal: AbortSignal,
  ): Promise<{ readonly trainer: Trainer<ChosenEngine, T>; readonly name: string }>
  /** A trainer where the checkpoint was made, on the same data. */
  goOn(
    flags: TrainFlags,
    checkpoint: Checkpoint<T>,
    dataset: DatasetName,
    signal: AbortSignal,
  ): Promise<Trainer<ChosenEngine, T>>
  /** The flags of this task that a run has values for. */
  agreements(flags: TrainFlags, checkpoint: Checkpoint<T>): readonly Agreement[]
  readonly words: TrainWords<T>
  /** The first line of the report. */
  figures(result: TrainingResult<T>): string
}

/** The flags of eval and predict that all tasks have. */
export interface NetworkFlags extends EngineFlags {
  readonly weights: string
  readonly dataset?: DatasetName
  readonly data?: string
  readonly limitTest?: number
}

/** One task. */
export interface CommandTask<T extends string> {
  readonly task: Task<T>
  /** The names of its networks, its default first. */
  readonly networks: readonly string[]
  readonly training: TrainTask<T>
  /** Its part in the command eval: figures on a test set, as an object and as a line. Left out: refused. */
  evaluate?(
    network: DecodedNetwork,
    flags: NetworkFlags,
    signal: AbortSignal,
  ): Promise<{ readonly figures: object; readonly text: string }>
  /** Its part in the command predict: the answer to each picture file, as an object and as a line. Left out: refused. */
  predict?(
    network: DecodedNetwork,
    files: readonly string[],
    flags: NetworkFlags,
    signal: AbortSignal,
  ): Promise<readonly { readonly answer: object; readonly text: string }[]>
}

/** A table of tasks by name: that of the command line, or one with tasks of one's own. */
export type CommandTasks = Readonly<Record<string, CommandTask<string>>>

/** The tasks of a table, as the library takes them. */
export function libraryTasks(table: CommandTasks): Tasks {
  return Object.fromEntries(Object.entries(table).map(([name, { task }]) => [name, task]))
}
