/** A task in the command line: its networks, its words, and its part of each command that depends on the task. */
import type {
  AnyHead,
  Checkpoint,
  ChosenEngine,
  DatasetName,
  DecodedNetwork,
  NetworkSpec,
  PixelPicture,
  Recipe,
  RunFolder,
  Task,
  Tasks,
  Trainer,
  TrainingResult,
} from '../../internal.node.js'
import type { FinetuneFlags } from '../flags/finetune.js'
import type { EvalFlags, PredictFlags } from '../flags/network.js'
import type { EngineFlags } from '../flags/options.js'
import type { TrainFlags } from '../flags/train.js'
import type { TrainWords } from '../terminal/train-display.js'

/** A flag, its value, and the value of the run. */
export type Agreement = readonly [flag: string, given: unknown, held: unknown]

/** A checkpoint to resume from, and the folder to continue in. */
export interface Saved<T extends string = string> {
  readonly file: string
  readonly checkpoint: Checkpoint<T>
  readonly folder: RunFolder
  /** Whether the checkpoint lies in this folder. */
  readonly inPlace: boolean
}

/** The part of a task in the command train. `trainingOf` makes a `Training` of it. */
export interface TrainTask<T extends string> {
  /** Flags that have no meaning for the task. */
  readonly foreign: readonly (keyof TrainFlags)[]
  /** Creates a trainer for a network of the task, and gives the name of the run. */
  begin(
    network: string,
    flags: TrainFlags,
    signal: AbortSignal,
  ): Promise<{ readonly trainer: Trainer<ChosenEngine, T>; readonly name: string }>
  /** Creates a trainer that continues a checkpoint on the same data. */
  goOn(
    flags: TrainFlags,
    checkpoint: Checkpoint<T>,
    dataset: DatasetName,
    signal: AbortSignal,
  ): Promise<Trainer<ChosenEngine, T>>
  /** The flags of this task whose values a run fixes. */
  agreements(flags: TrainFlags, checkpoint: Checkpoint<T>): readonly Agreement[]
  /** Warnings about settings that are legal and cost quality, printed before a run begins. */
  advice(spec: NetworkSpec, recipe: Recipe): readonly string[]
  readonly words: TrainWords<T>
  /** The first line of the report. */
  figures(result: TrainingResult<T>): string
}

/** The part of a task in the command train, without the types of its data and figures. */
export interface Training {
  readonly foreign: readonly (keyof TrainFlags)[]
  /** Starts a new run. */
  start(tasks: Tasks, network: string, flags: TrainFlags, signal: AbortSignal): Promise<void>
  /** Resumes a run. */
  goOn(tasks: Tasks, saved: Saved, flags: TrainFlags, signal: AbortSignal): Promise<void>
}

/** The figures of a network on a test set: an object for `--json`, and a line of text. */
export interface Measured {
  readonly figures: object
  readonly text: string
}

/** A network that gives answers for pictures. */
export interface Predictor extends AsyncDisposable {
  /** The answer for a picture: an object for `--json`, and a text. */
  predict(file: string, picture: PixelPicture): Promise<{ readonly answer: object; readonly text: string }>
}

/** A network that gives features of pictures. */
export interface Embedder extends AsyncDisposable {
  /** The number of features per picture. */
  embed(picture: PixelPicture): Promise<Float32Array>
}

/** A network that upscales pictures. */
export interface Enlarger extends AsyncDisposable {
  /** @param onProgress called after each tile */
  enlarge(picture: PixelPicture, onProgress: (done: number, total: number) => void): Promise<PixelPicture>
}

/** Resumes a fine-tuning in a folder that was claimed for it. */
export type TunedRun = Pick<Saved, 'checkpoint' | 'folder'>
/** The start of a fine-tuning: a network, or a run to resume. */
export type TuningSource = { readonly network: DecodedNetwork } | { readonly saved: TunedRun }

/** The parts of a task in commands that work with a trained network, by the name of the command. */
export interface TaskParts {
  eval(network: DecodedNetwork, flags: EvalFlags, signal: AbortSignal): Promise<Measured>
  /** @param files the files of the pictures */
  predict(
    network: DecodedNetwork,
    files: readonly string[],
    flags: PredictFlags,
    signal: AbortSignal,
  ): Promise<Predictor>
  embed(network: DecodedNetwork, flags: EngineFlags, signal: AbortSignal): Promise<Embedder>
  /** @param scale the upscaling factor, if the user gave one */
  upscale(
    network: DecodedNetwork,
    scale: number | undefined,
    flags: EngineFlags,
    signal: AbortSignal,
  ): Promise<Enlarger>
  /** @param folder the folder of pictures to learn from */
  finetune(folder: string, source: TuningSource, flags: FinetuneFlags, signal: AbortSignal): Promise<void>
}

/** Replaces the part of a task in a command that does not apply: the remedy. */
export interface Refusal {
  readonly instead: string
}

/** The size and the classes of a preset, if the user gave them. */
export interface NamedOptions {
  readonly classes?: number | undefined
  /** Height and width of the pictures in pixels. */
  readonly size?: number | undefined
}

/**
 * One task of the command line, with its part of each command that depends on the task, or the reason why it has none.
 */
export interface CommandTask extends PartsOrRefusals {
  readonly task: Task<string>
  /** The line above its networks in `list`. */
  readonly heading: string
  /** The names of its networks. */
  readonly networks: readonly string[]
  /** The network that is trained by default. */
  readonly usual: string
  /**
   * Builds the spec of one of them.
   * @throws ConfigError for an option that has no meaning for the network
   */
  spec(network: string, options: NamedOptions): NetworkSpec<AnyHead>
  readonly train: Training
}

/** The part of a task in each of these commands, or the reason why it has none. */
export type PartsOrRefusals = { readonly [Name in keyof TaskParts]: TaskParts[Name] | Refusal }

/** A table of tasks by name: the table of the command line, or one with tasks of your own. */
export type CommandTasks = Readonly<Record<string, CommandTask>>
