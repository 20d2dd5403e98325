/** The package in browsers, and all that needs no files elsewhere: the values that programs begin with. */

export {
  configure,
  createFinetuning,
  createTrainer,
  deepen,
  evaluate,
  finetune,
  load,
  openEngine,
  openedData,
  probe,
  resumeFinetuning,
  resumeTrainer,
  train,
  trainingMemory,
  untrained,
} from './api/browser.js'
export {
  type EngineBuild,
  type EngineKind,
  type EngineName,
  type EngineOptions,
  type EngineSource,
  engineNames,
  type OpenOptions,
} from './api/engines/choice.js'
export type { ComputeOptions } from './api/engines/opening.js'
export { type ExportOptions, exportOnnx, exportSafetensors } from './api/files/export.js'
export type { HubOptions } from './api/files/hub.js'
export type { Load, NetworkOptions, WeightSource } from './api/files/load.js'
export type { OpenedData, OpenedDataOptions, OpenedFile } from './api/files/opened-data.js'
export type { DecodedNetwork, DecodeOptions } from './api/files/weights.js'
export type { NetworkFor } from './api/network/made.js'
export type { Probe, Probed, ProbeOptions } from './api/network/probe.js'
export type { DeepenOptions } from './api/network/surgery.js'
export type { UntrainedOptions } from './api/network/untrained.js'
export type { DemoCurve, DemoNet, DemoOptions, DemoPoint, DemoResult } from './api/training/demo.js'
export type { DepthVerdict, FinalErrors, Finals } from './api/training/depth-verdict.js'
export type { Finetuned, FinetuneOptions, FinetuneReport, Finetuning } from './api/training/finetune.js'
export type { FinetuneChoice, FinetunePlan } from './api/training/finetune-plan.js'
export type {
  EvaluateOptions,
  TrainedResult,
  TrainingOptions,
} from './api/training/training.js'
export type { Augmentation, Jitter, ResizedCrop } from './data/augment.js'
export type { Plane } from './data/bicubic.js'
export { type BuiltinOptions, builtin } from './data/builtin/builtin.js'
export {
  type Dataset,
  type Features,
  type HeldOutRecord,
  imageNetNormalisation,
  type Normalisation,
  type PictureReader,
  type PictureSize,
  type Pictures,
  type Pixels,
  type Unreadable,
} from './data/dataset.js'
export { type HeldOut, holdOut } from './data/hold-out.js'
export type { DrawablePicture, Picture, PictureSource, PixelPicture } from './data/picture/picture.js'
export type { Interpolation } from './data/picture/resize.js'
export type { Split } from './data/split.js'
export { splitDataset } from './data/split.js'
export { type TableOptions, type TableRow, type TableRows, tableDataset } from './data/table-dataset.js'
export type { BrowserFiles } from './engine/cpu/wasm-host.browser.js'
export type { ChosenEngine } from './engine/engine.js'
export type { PictureOptions, RecogniseOptions } from './formats/recognise.js'
export type { SafetensorsFile, SafetensorsTensor } from './formats/safetensors.js'
export type { Preprocessing, Tensor, TrainedNetwork } from './formats/trained-network.js'
export type { Network, RunOptions } from './inference/network.js'
export type { Rectangle } from './inference/picture.js'
export type { Outputs } from './inference/runner.js'
export { type Complexity, complexity } from './model/complexity.js'
export type { DropPathRule } from './model/drop-path.js'
export type { Freeze } from './model/freeze.js'
export type { Mode } from './model/layers.js'
export { type SummaryOptions, summary } from './model/summary.js'
export type { Precision } from './ops/precision.js'
export type { Recompute } from './plan/passes/recompute.js'
export {
  cifarBasic,
  cifarBottleneck,
  edsr,
  fullyConnected,
  imagenetBasic,
  imagenetBottleneck,
  plainTwin,
  vdsr,
} from './spec/checked.js'
export type { BlockOptions, CifarOptions as CifarNetOptions, FamilyOptions, ImagenetOptions } from './spec/families.js'
export type { TaskName } from './spec/heads/index.js'
export type { FullyConnectedOptions } from './spec/other-families.js'
export type { BlockPath, LayerPath, StagePath } from './spec/paths.js'
export { type PresetName, type PresetOptions, preset, presetNames } from './spec/presets.js'
export type { Published } from './spec/published.js'
export type * from './spec/spec.js'
export type { EdsrOptions, UpscalingOptions, VdsrOptions } from './spec/upscaling.js'
export { validateSpec } from './spec/validate.js'
export type { ClassMatchOptions } from './tasks/classify/class-match.js'
export type { Classifier, ClassifyOptions, ExplainOptions, Prediction } from './tasks/classify/classifier.js'
export type { Explanation } from './tasks/classify/explain.js'
export { drawExplanation } from './tasks/classify/heat-map.js'
export type { Answer, ClassMetrics, Judgement } from './tasks/classify/judgement.js'
export type { ValueMap } from './tasks/classify/maps.js'
export type { ClassifyingEvaluation, ClassifyingScore } from './tasks/classify/scores.js'
export type { Evaluated } from './tasks/evaluated.js'
export { type AnyData, type DataFor, type TaskOfData, type Tasks, tasks } from './tasks/index.js'
export {
  type DecayRule,
  type DropGranularity,
  defaultRecipe,
  type LossName,
  type OptimizerName,
  type Recipe,
  type RecipeOptions,
  type ScheduleName,
} from './tasks/recipe.js'
export type { Task } from './tasks/task.js'
export type {
  BestEpoch,
  DataOf,
  Evaluation,
  NetworkOf,
  PicturesOf,
  Reported,
  Score,
  SumsOf,
  Tested,
  Told,
} from './tasks/types.js'
export type { UpscalingData } from './tasks/upscale/data.js'
export { forUpscaling } from './tasks/upscale/luminance-planes.js'
export type { Quality } from './tasks/upscale/quality.js'
export type { UpscalingEvaluation, UpscalingQuality, UpscalingScore } from './tasks/upscale/scores.js'
export type { UpscaleOptions, Upscaler } from './tasks/upscale/upscaler.js'
export {
  type Checkpoint,
  decodeCheckpoint,
  type EpochRecord,
  encodeCheckpoint,
  type TrainingProgress,
  type Tuning,
} from './train/checkpoint/checkpoint.js'
export type { TrainingResult, TrainListeners } from './train/loop.js'
export type { WarmUp } from './train/schedule/warm-up.js'
export type { StepProgress } from './train/step/progress.js'
export type { PlanBytes, Trainer, TrainingHooks, TriedCheckpoint } from './train/trainer.js'
export { ConfigError, DataError, EngineError, ResnetError, TrainingError } from './util/errors.js'
