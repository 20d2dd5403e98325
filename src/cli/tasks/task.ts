/** A task as the command line uses it: its networks, its words, and its part of each command that asks for a task. */
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

/** A flag, its value, and the value that a run has. */
export type Agreement = readonly [flag: string, given: unknown, held: unknown]

/** A checkpoint to go on from, and the folder to go on in. */
export interface Saved<T extends string = string> {
  readonly file: string
  readonly checkpoint: Checkpoint<T>
  readonly folder: RunFolder
  /** Whether the folder is the one that the checkpoint lies in. */
  readonly inPlace: boolean
}

/** The part of a task in the command train: given to `trainingOf`, which makes a `Training` of it. */
export interface TrainTask<T extends string> {
  /** Flags that mean nothing to it. */
  readonly foreign: readonly (keyof TrainFlags)[]
  /** A trainer before its first step, of one of the networks of the task; and the name of the run. */
  begin(
    network: string,
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
  /** Sentences about settings that break nothing and cost quality, said before a run begins. */
  advice(spec: NetworkSpec, recipe: Recipe): readonly string[]
  readonly words: TrainWords<T>
  /** The first line of the report. */
  figures(result: TrainingResult<T>): string
}

/** The part of a task in the command train, whatever the types of its data and figures are. */
export interface Training {
  readonly foreign: readonly (keyof TrainFlags)[]
  /** A run from the beginning. */
  start(tasks: Tasks, network: string, flags: TrainFlags, signal: AbortSignal): Promise<void>
  /** A run that goes on. */
  goOn(tasks: Tasks, saved: Saved, flags: TrainFlags, signal: AbortSignal): Promise<void>
}

/** Figures of a network on a test set: as an object for `--json`, and as a line. */
export interface Measured {
  readonly figures: object
  readonly text: string
}

/** A network that answers pictures. */
export interface Predictor extends AsyncDisposable {
  /** The answer as an object for `--json`, and as text. */
  predict(file: string, picture: PixelPicture): Promise<{ readonly answer: object; readonly text: string }>
}

/** A network that gives the features of pictures. */
export interface Embedder extends AsyncDisposable {
  /** As many numbers for each picture. */
  embed(picture: PixelPicture): Promise<Float32Array>
}

/** A network that upscales pictures. */
export interface Enlarger extends AsyncDisposable {
  /** @param onProgress hears of tiles that are done */
  enlarge(picture: PixelPicture, onProgress: (done: number, total: number) => void): Promise<PixelPicture>
}

/** A fine-tuning that goes on, in a folder that was claimed for it. */
export type TunedRun = Pick<Saved, 'checkpoint' | 'folder'>
/** The beginning of a fine-tuning: a network, or a run that goes on. */
export type TuningSource = { readonly network: DecodedNetwork } | { readonly saved: TunedRun }

/** The parts of a task in commands that work with a trained network, by the name of the command. */
export interface TaskParts {
  eval(network: DecodedNetwork, flags: EvalFlags, signal: AbortSignal): Promise<Measured>
  /** @param files of the pictures that will be asked about */
  predict(
    network: DecodedNetwork,
    files: readonly string[],
    flags: PredictFlags,
    signal: AbortSignal,
  ): Promise<Predictor>
  embed(network: DecodedNetwork, flags: EngineFlags, signal: AbortSignal): Promise<Embedder>
  /** @param scale how many times as wide and high, where the person says so */
  upscale(
    network: DecodedNetwork,
    scale: number | undefined,
    flags: EngineFlags,
    signal: AbortSignal,
  ): Promise<Enlarger>
  /** @param folder of pictures to learn from */
  finetune(folder: string, source: TuningSource, flags: FinetuneFlags, signal: AbortSignal): Promise<void>
}

/** Says why a task has no part in a command: what to do instead. */
export interface Refusal {
  readonly instead: string
}

/** The size and the classes of a network that has a name, where the person says so. */
export interface NamedOptions {
  readonly classes?: number | undefined
  /** Height and width of the pictures in pixels. */
  readonly size?: number | undefined
}

/** One task. Each command that asks for one finds its part here, or why there is none. */
export interface CommandTask extends PartsOrRefusals {
  readonly task: Task<string>
  /** The line above its networks in `list`. */
  readonly heading: string
  /** The names of its networks. */
  readonly networks: readonly string[]
  /** The one of these that is trained where none is named. */
  readonly usual: string
  /**
   * The spec of one of them.
   * @throws ConfigError for an option that means nothing to it
   */
  spec(network: string, options: NamedOptions): NetworkSpec<AnyHead>
  readonly train: Training
}

/** For each of these commands the part of a task, or why there is none. */
export type PartsOrRefusals = { readonly [Name in keyof TaskParts]: TaskParts[Name] | Refusal }

/** A table of tasks by name: that of the command line, or one with tasks of one's own. */
export type CommandTasks = Readonly<Record<string, CommandTask>>
